"""The Go client of WinRM (masterzen's, as Debian packages it) works through the balancer, built from its sources here.

With input for a command it drives the shell over two connections at once. By NTLM it asks without a login first, and
does not seal.
"""

import json
import os
import pathlib
import subprocess

import pytest

from balancer import Balancer, find_balancer
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim

GO = "/usr/bin/go"  # Debian's, whatever else comes first in PATH
LIBRARY = pathlib.Path("/usr/share/gocode/src/github.com/masterzen/winrm")
SOURCE = pathlib.Path(__file__).resolve().parent / "go" / "main.go"
TIMES = 4


@pytest.fixture(scope="module", name="program")
def built_client():
    missing = [package for path, package in ((GO, "golang-go"), (LIBRARY, "golang-github-masterzen-winrm-dev"))
               if not os.path.exists(path)]
    if missing:
        pytest.skip("SKIPPED, the Go client is not tried: not installed: " + ", ".join(missing))
    folder = pathlib.Path(find_balancer()).parent / "go-client"
    folder.mkdir(exist_ok=True)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GOCACHE": str(folder / "cache"),
                   "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "-p=2"}
    subprocess.run([GO, "build", "-o", str(folder / "winrm-go"), str(SOURCE)], check=True, env=environment, timeout=300)
    return folder / "winrm-go"


@pytest.fixture(name="sims", scope="module")
def three_servers():
    with WinrmSim("ps1", address="127.0.0.11", https=True, allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", https=True, allow_unencrypted=True) as two, \
         WinrmSim("ps3", address="127.0.0.13", https=True, allow_unencrypted=True) as three:
        yield one, two, three


@pytest.fixture(name="balancer", scope="module", params=[2, 4], ids="{}_workers".format)
def on_some_workers(request, sims):
    with Balancer(sims, workers=request.param) as balancer:
        yield balancer


def run(program, balancer, way, address, command, text="", password=DEFAULT_PASSWORD, times=TIMES):
    login, _, port = way.partition("_")
    words = ["-port", str(balancer.tls[1]), "-ca", str(balancer.certificate)] if port == "tls" else ["-port", str(balancer.plain[1])]
    words += ["-ntlm"] if login == "ntlm" else []
    done = subprocess.run([str(program), *words, "-from", address, "-user", DEFAULT_USER, "-command", command, "-input", text,
                           "-times", str(times)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "WINRM_PASSWORD": password})
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == times
    return told


def printed(told):
    assert all(one["error"] == "" and one["exit_code"] == 0 for one in told), told
    return [one["stdout"] for one in told]


each_way = pytest.mark.parametrize("way", ["basic_plain", "ntlm_plain", "basic_tls", "ntlm_tls"])


@each_way
def test_commands_run_and_an_address_keeps_its_server(program, balancer, way):
    hosts = {}
    for number in (61, 62, 63):
        address = f"127.0.0.{number}"
        hosts[address] = set(printed(run(program, balancer, way, address, "hostname")))
        assert set(printed(run(program, balancer, way, address, "whoami"))) == {DEFAULT_USER + "\r\n"}
    assert all(len(met) == 1 for met in hosts.values()), hosts
    assert len(set.union(*hosts.values())) == 3, f"three addresses are not spread over three servers: {hosts}"


# Not by NTLM: the library takes a connection back between the legs of a login, so that two logins of one client mix
# their legs now and then, without any balancer too.
@pytest.mark.parametrize("way", ["basic_plain", "basic_tls"])
def test_input_and_output_of_a_command_go_over_two_connections_at_once(program, balancer, way):
    text = "line\n" * 4000
    assert printed(run(program, balancer, way, "127.0.0.64", "more", text)) == [text] * TIMES


@each_way
def test_an_exit_code_and_a_long_output_come_through(program, balancer, way):
    told = run(program, balancer, way, "127.0.0.65", "exit 7")
    assert [(one["exit_code"], one["error"]) for one in told] == [(7, "")] * TIMES
    assert [len(text) for text in printed(run(program, balancer, way, "127.0.0.65", "type 700 KiB"))] == [700 * 1024] * TIMES


@each_way
def test_a_wrong_password_is_the_servers_own_refusal(program, balancer, sims, way):
    for sim in sims:
        sim.clear_seen()
    told = run(program, balancer, way, "127.0.0.66", "hostname", password="wrong", times=1)
    assert "401" in told[0]["error"]
    assert [entry for sim in sims for entry in sim.seen() if entry["refusal"]]
