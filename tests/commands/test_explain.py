"""`explain` says where a message would go and why; then it goes there, for that reason. For every reason there is."""

import re

import pytest

import wsman
from balancer import POOL, Balancer, await_value
from desk import Desk
from sealing_client import NtlmLogin, SealingClient, gssapi
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, ROOT, WinrmSim

ADDRESS = "127.9.7.1"
REASONS = {}


def reason(function):
    """A case of REASONS: brings the farm to where the reason holds. It gives the questions to explain (its options),
    and a function that then sends the message."""
    REASONS[function.__name__] = function
    return function


@pytest.fixture(name="sims")
def two_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two:
        yield {sim.name: sim for sim in (one, two)}


@pytest.fixture(name="balancer")
def that_sees_ends_quickly(sims):
    pool = {"health": {"interval": "200ms", "timeout": "1s", "fall": 2, "rise": 1, "down": {"grace": "1s"}}, "slow_start": "0s"}
    with Balancer(list(sims.values()), pool=pool) as balancer:
        for name in sims:
            assert balancer.await_state(name, "up")
        yield balancer


class Case:
    def __init__(self, balancer, sims):
        self.balancer, self.sims, self.desk = balancer, sims, Desk(balancer)
        self.clients = []

    def client(self, address=ADDRESS):
        client = wsman.Client(self.balancer, address=address)
        self.clients.append(client)
        return client

    def home(self):
        return self.desk.get(f"/pools/{POOL}/clients/{ADDRESS}").json["server"]

    def other(self, name):
        return next(other for other in self.sims if other != name)

    def leave(self):
        """All sessions of the address end, and nothing of it is left but its entry."""
        for client in self.clients:
            client.__exit__(None, None, None)
        self.clients.clear()
        assert await_value(lambda: self.desk.json("sessions")["total"], lambda total: total == 0) == 0

    def settle(self):
        client = self.client()
        client.ask(wsman.IDENTIFY)
        self.leave()
        return self.home()

    def kill(self, name):
        self.sims[name].kill()
        assert self.balancer.await_state(name, "down")

    def identify(self):
        return lambda: self.client().ask(wsman.IDENTIFY)


@reason
def assigned(case):
    return [], case.identify()


@reason
def affinity(case):
    case.settle()
    return [], case.identify()


@reason
def pinned(case):
    other = case.client("127.9.7.2")
    shell = other.open_shell()
    return ["--shell", shell], lambda: case.client().ask(wsman.command(shell, "hostname"))


@reason
def failover(case):
    case.kill(case.settle())
    return [], case.identify()


@reason
def failback(case):
    home = case.settle()
    case.kill(home)
    case.settle()
    case.sims[home].start()
    assert case.balancer.await_state(home, "up")
    # A session that is on its way counts for some seconds, as if it might still come.
    await_value(lambda: case.desk.json("explain", "--client", ADDRESS)["reason"], lambda now: now == "failback")
    return [], case.identify()


@reason
def unavailable(case):
    for name in case.sims:
        case.kill(name)
    return [], case.identify()


@reason
def hunted(case):
    home = case.settle()
    with wsman.Client(case.sims[case.other(home)]) as there:  # past the balancer
        shell = there.open_shell()
    return ["--shell", shell], lambda: case.client().ask(wsman.command(shell, "hostname"))


@reason
def bound(case):
    client = SealingClient(case.balancer, NtlmLogin(DEFAULT_USER, DEFAULT_PASSWORD), address=ADDRESS)
    client.ask(wsman.IDENTIFY)
    case.clients.append(client)
    session = case.desk.json("sessions", "--client", ADDRESS)["sessions"][0]
    assert session["bound"]
    return ["--session", session["session"]], lambda: client.ask(wsman.IDENTIFY)


def test_no_reason_is_left_out():
    text = (ROOT / "include/winrmlb/balance/choose.h").read_text(encoding="utf-8")
    names = re.search(r"enum class Reason : std::uint8_t \{([^}]*)\}", text).group(1)
    assert {name.strip().lower() for name in names.split(",") if name.strip()} == set(REASONS)


@pytest.mark.parametrize("name", REASONS)
def test_what_explain_says_is_what_happens(balancer, sims, name):
    if name == "bound" and gssapi is None:
        pytest.skip("python3-gssapi is not installed")
    case = Case(balancer, sims)
    options, send = REASONS[name](case)
    question = options if "--session" in options else ["--client", ADDRESS, *options]
    said = case.desk.json("explain", *question)
    before = len(balancer.access_log())
    send()
    line = balancer.access_log(lambda lines: len(lines) > before)[-1]
    assert line["client"].startswith(ADDRESS + ":")
    assert line["reason"] == name
    if name == "hunted":
        assert said["hunts"] and "(hunted)" in said["text"]
        assert said["server"] != line["server"], "the one that is asked first does not know the shell"
    else:
        assert said["reason"] == name and not said["hunts"]
        assert said.get("server") == line.get("server")
    assert case.desk.run("explain", *question).returncode == 0
    case.leave()
