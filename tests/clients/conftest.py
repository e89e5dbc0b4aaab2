"""What all sessions here need, whoever starts them: ctest does it right, by hand it is
OPENSSL_CONF=tests/support/openssl-legacy.cnf PYTHONPATH=tests/support python3 -m pytest tests/clients/test_pywinrm.py
"""

import os

import pytest

from winrm_sim import LEGACY_CONFIGURATION

if not os.path.exists(os.environ.get("OPENSSL_CONF", "")) or not os.path.samefile(os.environ["OPENSSL_CONF"], LEGACY_CONFIGURATION):
    pytest.exit(f"Python's NTLM needs OpenSSL's legacy provider: start with OPENSSL_CONF={LEGACY_CONFIGURATION}", returncode=4)

# All traffic stays on this machine, and no other authority is trusted than a test says.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
    os.environ.pop(name, None)
