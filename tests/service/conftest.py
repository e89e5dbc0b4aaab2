"""What all sessions here need, whoever starts them: ctest does it right, by hand it is
OPENSSL_CONF=tests/support/openssl-legacy.cnf PYTHONPATH=tests/support python3 -m pytest tests/service/test_notify.py
"""

import os
import pathlib
import shutil
import subprocess

import pytest

from balancer import find_balancer

# All traffic stays on this machine.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


def make_package(folder, release):
    if not shutil.which("cpack"):
        pytest.skip("SKIPPED, THE PACKAGE WAS NOT TRIED: not installed: cmake")
    folder.mkdir()
    build = pathlib.Path(find_balancer()).parent
    done = subprocess.run(["cpack", "-G", "DEB", "--config", str(build / "CPackConfig.cmake"), "-B", str(folder),
                           "-D", f"CPACK_DEBIAN_PACKAGE_RELEASE={release}"], cwd=build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.deb"))


@pytest.fixture(name="package", scope="session")
def built_package(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("package") / "first", 1)


@pytest.fixture(name="next_package", scope="session")
def next_built_package(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("package") / "next", 2)
