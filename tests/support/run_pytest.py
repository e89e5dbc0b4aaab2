"""Runs a pytest session for ctest: run_pytest.py NAME FILE...

Without pytest it says so and is skipped. With $WINRMLB_JUNIT, a folder, the session leaves NAME.xml there, so that
test.sh can count the cases and say why one was skipped.
"""

import os
import sys

SKIPPED = 77

try:
    import pytest
except ImportError:
    print("SKIPPED: python3-pytest is not installed")
    sys.exit(SKIPPED)

name, files = sys.argv[1], sys.argv[2:]
options = ["-p", "no:cacheprovider", "-q", "-ra"]
if os.environ.get("WINRMLB_JUNIT"):
    options.append(f"--junitxml={os.environ['WINRMLB_JUNIT']}/{name}.xml")
sys.exit(pytest.main(options + files))
