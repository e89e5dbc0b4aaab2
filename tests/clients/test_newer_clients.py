"""The clients that people install today, newer than Debian's or not in it: pywinrm 0.5 and pypsrp, from PyPI.

They live in a virtual environment beside the programs under test, made at the first run. Where PyPI is out of reach
the tests are skipped, and say so. The environment sees Debian's packages, so only what is newer comes from outside.
"""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

import pytest

from balancer import Balancer, find_balancer
from winrm_sim import DEFAULT_USERS, WinrmSim

FOLDER = pathlib.Path(__file__).resolve().parent
PACKAGES = ("pywinrm==0.5.0", "pypsrp==0.9.1")
WAYS = ("basic_plain", "ntlm_sealed", "negotiate_sealed", "basic_tls", "ntlm_tls")  # of pypsrp_session.py
TIMES = 5


def run(*command, patience=600):
    return subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False)


@pytest.fixture(name="python", scope="module")
def interpreter_with_newer_clients():
    folder = pathlib.Path(find_balancer()).parent / "newer-clients"
    python = str(folder / "bin" / "python")
    wanted = "import winrm, pypsrp, importlib.metadata as m; " \
             "print(*(name + '==' + m.version(name) for name in ('pywinrm', 'pypsrp')))"
    for command in ((sys.executable, "-m", "venv", "--clear", "--system-site-packages", str(folder)),
                    (python, "-m", "pip", "install", "--quiet", "--timeout", "10", "--retries", "1", *PACKAGES)):
        if pathlib.Path(python).exists() and run(python, "-c", wanted).stdout.split() == list(PACKAGES):
            break
        made = run(*command, patience=300)
        if made.returncode != 0:
            why = (made.stderr or made.stdout or "no word of why").strip().splitlines()[-1]
            pytest.skip(f"SKIPPED, {' and '.join(PACKAGES)} are not tried: {why}")
    assert run(python, "-c", wanted).stdout.split() == list(PACKAGES)
    return python


def test_pywinrm_of_today_works_as_debians_does(python):
    outcome = run(python, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q", str(FOLDER / "test_pywinrm.py"))
    assert outcome.returncode == 0, outcome.stdout[-3000:]
    assert re.search(r"^\d+ passed in", outcome.stdout, re.MULTILINE), outcome.stdout[-500:]


@pytest.mark.parametrize("workers", [2, 4], ids="{}_workers".format)
@pytest.mark.parametrize("way", WAYS)
def test_pypsrp_runs_commands_and_runspaces_on_one_server(python, way, workers):
    with WinrmSim("ps1", address="127.0.0.11", https=True, allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", https=True, allow_unencrypted=True) as two, \
         Balancer([one, two], workers=workers) as balancer:
        listener = [str(balancer.tls[1]), str(balancer.certificate)] if way.endswith("tls") else [str(balancer.plain[1]), "-"]
        names = [f"{domain}\\{user}" for domain, user, _ in DEFAULT_USERS]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            jobs = [pool.submit(run, python, "-B", str(FOLDER / "pypsrp_session.py"), *listener, way, name, login[2], str(TIMES))
                    for name, login in zip(names, DEFAULT_USERS)]
            outcomes = [job.result() for job in jobs]
        assert [outcome.returncode for outcome in outcomes] == [0] * len(names), outcomes[0].stderr[-2000:]
        answers = [json.loads(outcome.stdout) for outcome in outcomes]
        # All users come from one address, so they share a server, and still nobody is taken for another.
        assert [answer["users"] for answer in answers] == [[name] * 2 * TIMES for name in names]
        assert len({host for answer in answers for host in answer["hosts"]}) == 1
        assert not [entry for sim in (one, two) for entry in sim.seen() if entry["refusal"]]
        sealed = {entry["sealed"] for sim in (one, two) for entry in sim.seen(operation="Create")}
        assert sealed == {way.endswith("sealed")}
