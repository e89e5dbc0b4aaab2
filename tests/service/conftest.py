"""What all sessions here need, whoever starts them: ctest does it right, by hand it is
OPENSSL_CONF=tests/support/openssl-legacy.cnf PYTHONPATH=tests/support python3 -m pytest tests/service/test_notify.py
"""

import os

# All traffic stays on this machine.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
