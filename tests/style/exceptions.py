"""Places that break a rule for a reason: (rule, path) -> why. One that nothing needs any more is a mistake itself."""

EXCEPTIONS = {
    ("floors", "perf/http_bench.cpp"): "a micro-benchmark measures the code itself; the load tools beside it share none",
    ("floors", "perf/metrics_bench.cpp"): "the same",
    ("floors", "perf/winrm_bench.cpp"): "a micro-benchmark measures the code itself; the load tools beside it share none",
}
