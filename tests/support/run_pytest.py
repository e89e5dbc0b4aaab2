"""Runs a pytest session for ctest: run_pytest.py NAME FILE...

Without pytest it says so and is skipped; so it is if each of its cases was, for a session that tried nothing has not
passed. With $WINRMLB_JUNIT, a folder, the session leaves NAME.xml there, so that test.sh can count the cases and say why
one was skipped.
"""

import os
import sys

SKIPPED = 77

try:
    import pytest
except ImportError:
    print("SKIPPED: python3-pytest is not installed")
    sys.exit(SKIPPED)


class Outcomes:
    """Why cases were skipped, and whether any was not."""

    def __init__(self):
        self.tried, self.reasons = False, []

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.reasons.append(getattr(report, "wasxfail", reason))
        elif report.when == "call" or report.failed:
            self.tried = True


name, files = sys.argv[1], sys.argv[2:]
options = ["-p", "no:cacheprovider", "-q", "-ra"]
if os.environ.get("WINRMLB_JUNIT"):
    options.append(f"--junitxml={os.environ['WINRMLB_JUNIT']}/{name}.xml")
outcomes = Outcomes()
code = pytest.main(options + files, plugins=[outcomes])
if code == pytest.ExitCode.OK and outcomes.reasons and not outcomes.tried:
    print("SKIPPED: " + outcomes.reasons[0].removeprefix("Skipped: ").removeprefix("SKIPPED, "))
    sys.exit(SKIPPED)
sys.exit(code)
