"""Windows' own client sends a message again, under the same OperationID, when its connection ends without an answer
(MS-WSMV 3.2.4.2.18). While its server cannot be reached for a while it must be given that end, and no fault that would make
it give up its shell."""

import http.client
import time

import pytest

import wsman
from balancer import Balancer
from winrm_sim import WinrmSim

TOLD_WITHIN = 2.0  # seconds


@pytest.fixture(name="sims")
def two_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two:
        yield one, two


@pytest.fixture(name="balancer")
def with_quick_checks(sims):
    with Balancer(sims, pool={"health": {"interval": "200ms"}}) as balancer:
        yield balancer


def holder(sims, shell):
    return next(sim for sim in sims if any(one["shell_id"] == shell for one in sim.shells()))


def ask_robustly(client, shell, operation, again=False):
    """The connection may have ended meanwhile; a client of this kind connects anew."""
    try:
        return client.ask(wsman.command(shell, "counter", operation=operation, again=again))
    except (OSError, http.client.HTTPException):
        return client.ask(wsman.command(shell, "counter", operation=operation, again=True))


def test_a_client_that_retransmits_gets_no_answer_while_its_server_is_away_and_its_own_after(balancer, sims):
    with wsman.Client(balancer, address="127.9.0.1") as client:
        shell, operation = client.open_shell(), wsman.new_id()
        server = holder(sims, shell)
        server.fault("refuse")
        server.cut()
        assert balancer.await_state(server.name, "down")
        for _ in range(3):
            client.close()
            began = time.monotonic()
            with pytest.raises((ConnectionError, http.client.HTTPException)):
                client.ask(wsman.command(shell, "counter", operation=operation, again=True))
            assert time.monotonic() - began < TOLD_WITHIN
        server.fault("none")
        assert balancer.await_state(server.name, "up")
        assert ask_robustly(client, shell, operation, again=True).status == 200
        assert client.ask(wsman.command(shell, "hostname")).status == 200, "the shell was given up"
    assert server.counters() == {"default": 1}
    assert [sim.counters() for sim in sims if sim is not server] == [{}]


def test_a_client_that_does_not_is_told_that_its_shell_is_gone(balancer, sims):
    with wsman.Client(balancer, address="127.9.0.2") as client:
        shell = client.open_shell()
        server = holder(sims, shell)
        server.fault("refuse")
        server.cut()
        assert balancer.await_state(server.name, "down")
        client.close()
        answer = client.ask(wsman.command(shell, "counter"))
        assert (answer.status, answer.fault) == (500, wsman.NO_SUCH_SHELL)
