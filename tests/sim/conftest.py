import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from winrm_sim import WinrmSim  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def own_certificates():
    """What the machine says about certificates must not reach the clients: each test names its own."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        os.environ.pop(name, None)


@pytest.fixture
def sim():
    """A server that takes Basic on plain HTTP."""
    with WinrmSim("ps1", allow_unencrypted=True) as server:
        yield server


@pytest.fixture
def strict():
    """As Windows is out of the box: nothing unencrypted on plain HTTP."""
    with WinrmSim("ps1", https=True) as server:
        yield server
