"""How a style rule is written down: a function from a file to its mistakes, with snippets that prove it works."""

RULES = []


class Rule:
    def __init__(self, check, name, bad, good):
        self.check, self.name, self.bad, self.good = check, name, bad, good
        self.why = (check.__doc__ or "").strip()


def rule(name, bad, good=()):
    """The check takes a File and yields (line, what is wrong). `bad` and `good` are (path, text) pairs: each bad
    one must be flagged, no good one may be."""

    def register(check):
        RULES.append(Rule(check, name, bad, good))
        return check

    return register
