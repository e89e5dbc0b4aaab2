"""Places that break a rule for a reason: (rule, path) -> why. One that nothing needs any more is a mistake itself."""

EXCEPTIONS = {
}
