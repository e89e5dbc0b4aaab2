"""Bound and sealed clients come back to their shells by their address alone, for they show nothing else: on new connections,
and after the balancer began anew with an empty memory where addresses are assigned by hash or by plan."""

import pytest

import wsman
from balancer import Balancer
from sealing_client import NtlmLogin, SealingClient, gssapi
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim

HOME = "127.5.0.1"
ADDRESSES = [f"127.5.1.{number + 1}" for number in range(6)]


@pytest.fixture(name="sims")
def three_servers():
    if not gssapi:
        pytest.skip("SKIPPED, sealed shells are not tried: not installed: python3-gssapi")
    with WinrmSim("ps1", address="127.0.0.11") as one, WinrmSim("ps2", address="127.0.0.12") as two, \
         WinrmSim("ps3", address="127.0.0.13") as three:
        yield one, two, three


def client_from(balancer, address):
    return SealingClient(balancer, NtlmLogin(DEFAULT_USER, DEFAULT_PASSWORD), address=address)


def holder(sims, shell):
    return next(sim for sim in sims if any(one["shell_id"] == shell for one in sim.shells()))


def assigned(assign):
    affinity = {"assign": assign}
    return {"affinity": affinity, "clients": ADDRESSES} if assign == "planned" else {"affinity": affinity}


@pytest.mark.parametrize("assign", ["hash", "planned"])
def test_after_a_restart_a_bound_client_comes_back_to_its_shell_by_its_address(sims, assign):
    with Balancer(sims, workers=4, pool=assigned(assign)) as balancer:
        shells = {}
        for address in ADDRESSES:
            with client_from(balancer, address) as client:
                shell = client.open_shell()
                shells[address] = shell, client.run(shell, "hostname")
        assert len({server for _, server in shells.values()}) > 1
        balancer.restart()
        for address, (shell, server) in reversed(shells.items()):
            with client_from(balancer, address) as client:
                assert client.run(shell, "hostname") == server
                assert client.ask(wsman.delete(shell)).status == 200


def test_after_a_restart_a_bound_client_that_landed_elsewhere_gets_the_servers_genuine_fault(sims):
    with Balancer(sims, pool={"health": {"interval": "200ms"}}) as balancer:
        with client_from(balancer, HOME) as client:
            shell = client.open_shell()
            server = holder(sims, shell)
        server.fault("refuse")
        assert balancer.await_state(server.name, "down")
        balancer.restart()
        with client_from(balancer, HOME) as client:
            assert client.open_shell()
            server.fault("none")
            assert balancer.await_state(server.name, "up")
            answer = client.ask(wsman.command(shell, "hostname"))
            assert (answer.status, answer.fault) == (500, wsman.NO_SUCH_SHELL)
        assert holder(sims, shell) is server
