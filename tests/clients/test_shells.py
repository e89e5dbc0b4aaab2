"""A shell stays where it lives, whoever asks for it and whatever the balancer has forgotten, and its client notices nothing.

It is used from another address, through another worker, after the entry of its address went, and after the balancer
began anew with an empty memory. The messages show their shell, so that it is found by its pin or by a hunt. How bound
clients, who show nothing, come back to their shells is in test_bound_shells.py.
"""

import time

import pytest
import winrm

import wsman
from balancer import Balancer
from winrm_sim import DEFAULT_USERS, WinrmSim

WORKERS = 4
HOME = "127.5.0.1"  # the address that makes shells
OTHERS = [f"127.5.1.{number + 1}" for number in range(12)]


@pytest.fixture(name="sims")
def three_servers():
    with WinrmSim("ps1", address="127.0.0.11", https=True, allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", https=True, allow_unencrypted=True) as two, \
         WinrmSim("ps3", address="127.0.0.13", https=True, allow_unencrypted=True) as three:
        yield one, two, three


@pytest.fixture(name="balancer")
def with_an_empty_memory(sims):
    with Balancer(sims, workers=WORKERS) as balancer:
        yield balancer


def client_from(balancer, address, **more):
    return wsman.Client(balancer, address=address, **more)


def holder(sims, shell):
    return next(sim for sim in sims if any(one["shell_id"] == shell for one in sim.shells()))


def worker_of(line):
    return int(line["session"], 16) >> 48


def refused(sims):
    return [entry for sim in sims for entry in sim.seen(status=500) if entry["fault"] != wsman.NO_OUTPUT_YET]


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_shell_is_used_from_other_addresses_through_other_workers(balancer, sims, tls):
    with client_from(balancer, HOME, tls=tls) as client:
        shell = client.open_shell()
        server = client.run(shell, "hostname")
    for address in OTHERS:
        with client_from(balancer, address, tls=tls) as client:
            client.ask(wsman.IDENTIFY)  # its own server, on the connection that then asks for the shell
            assert client.run(shell, "hostname") == server, f"{address} was led astray"
            assert client.open_shell() != shell
    assert holder(sims, shell).name == server
    assert refused(sims) == [], "a server was asked for a shell that it does not have"
    homes = {sim.name: len(sim.shells()) for sim in sims}
    assert all(count >= len(OTHERS) // 3 for count in homes.values()), f"the others' own shells are not spread: {homes}"
    lines = balancer.access_log(lambda lines: len(lines) >= len(OTHERS) * 5)
    assert len({worker_of(line) for line in lines}) > 1, "all of it went through one worker"


def test_one_connection_drives_shells_of_several_servers(balancer, sims):
    shells = {}
    for address in OTHERS:
        with client_from(balancer, address) as client:
            shell = client.open_shell()
            shells[shell] = client.run(shell, "hostname")
    assert len(set(shells.values())) == len(sims)
    with client_from(balancer, HOME) as client:
        client.ask(wsman.IDENTIFY)
        connection = client.connection.sock
        for _ in range(3):
            for shell, server in shells.items():
                assert client.run(shell, "hostname") == server
        assert client.connection.sock is connection, "the client connection did not stay"
    assert refused(sims) == []


def test_a_runspace_pool_disconnected_here_is_joined_there(balancer, sims):
    shell, session = wsman.new_id(), wsman.new_id()
    with client_from(balancer, HOME) as client:
        assert client.ask(wsman.create_pool(shell, session=session)).shell == shell
        server = holder(sims, shell)
        assert client.ask(wsman.disconnect(shell, session)).status == 200
    for address in OTHERS:
        session = wsman.new_id()
        with client_from(balancer, address) as client:
            client.ask(wsman.IDENTIFY)
            assert client.ask(wsman.connect(shell, session)).text("connectResponseXml")
            assert client.ask(wsman.disconnect(shell, session)).status == 200
    with client_from(balancer, OTHERS[0]) as client:
        assert client.ask(wsman.reconnect(shell, session)).status == 200
        assert client.ask(wsman.delete(shell, resource=wsman.POWERSHELL)).status == 200
    assert server.shells() == [] and refused(sims) == []


def test_a_pin_is_no_login(balancer, sims):
    with client_from(balancer, HOME) as client:
        shell = client.open_shell()
    domain, user, password = DEFAULT_USERS[1]
    with client_from(balancer, OTHERS[0], user=f"{domain}\\{user}", password=password) as client:
        assert client.ask(wsman.command(shell, "hostname")).fault == 5
    with client_from(balancer, OTHERS[0], password="wrong") as client:
        assert client.ask(wsman.command(shell, "hostname")).status == 401
    assert [entry["operation"] for entry in holder(sims, shell).seen(status=401)] in (["Command"], [""])


def test_a_shell_outlives_the_entry_of_its_address(sims):
    with Balancer(sims, workers=WORKERS, limits={"affinity_entries": 16}) as balancer:
        with client_from(balancer, HOME) as client:
            shell = client.open_shell()
            server = client.run(shell, "hostname")
        for number in range(100):
            with client_from(balancer, f"127.5.2.{number + 1}") as client:
                assert client.ask(wsman.IDENTIFY).status == 200
        for address in (HOME, *OTHERS):
            with client_from(balancer, address) as client:
                assert client.run(shell, "hostname") == server
        assert refused(sims) == []


def test_after_a_restart_an_unbound_client_finds_its_shells_by_a_hunt(balancer, sims):
    """On connections that the client keeps or opens anew, from its own address and from others."""
    shells = {}
    for address in (HOME, *OTHERS):
        with client_from(balancer, address) as client:
            shell = client.open_shell()
            shells[shell] = (address, client.run(shell, "hostname"))
    balancer.restart()
    for shell, (address, server) in reversed(shells.items()):
        with client_from(balancer, address) as client:
            assert client.run(shell, "hostname") == server
    for sim in sims:
        sim.clear_seen()
    for shell, (_, server) in shells.items():  # by now all are known again
        with client_from(balancer, "127.5.3.1") as client:
            assert client.run(shell, "hostname") == server
            assert client.ask(wsman.delete(shell)).status == 200
    assert refused(sims) == []


def test_pywinrm_does_not_notice_a_restart_of_the_balancer(balancer, sims):
    clients = []
    for domain, user, password in DEFAULT_USERS:
        session = winrm.Session(balancer.url, auth=(f"{domain}\\{user}", password), transport="basic", message_encryption="never")
        shell = session.protocol.open_shell()
        clients.append((session.protocol, shell, holder(sims, shell).name))
    # Whoever comes first after the restart is new to the balancer, and moves the others from their places.
    balancer.restart()
    for number in range(2):
        with client_from(balancer, f"127.5.4.{number + 1}") as client:
            client.ask(wsman.IDENTIFY)
    for protocol, shell, server in clients:
        command = protocol.run_command(shell, "hostname")
        output, _, code = protocol.get_command_output(shell, command)
        protocol.cleanup_command(shell, command)
        protocol.close_shell(shell)
        assert (output.decode().strip(), code) == (server, 0)
    assert [shell for sim in sims for shell in sim.shells()] == []


def test_a_shell_that_no_server_has_is_the_servers_own_fault_and_is_not_hunted_for_again(balancer, sims):
    ghost = wsman.new_id()
    with client_from(balancer, HOME) as client:
        for _ in range(5):
            answer = client.ask(wsman.command(ghost, "hostname"))
            assert (answer.status, answer.fault) == (500, wsman.NO_SUCH_SHELL)
    asked = {sim.name: len(sim.seen(operation="Command")) for sim in sims}
    assert sorted(asked.values()) == [1, 1, 5], asked


def test_a_hunt_carries_nothing_out_twice(balancer, sims):
    with client_from(balancer, HOME) as client:
        shell = client.open_shell()
    balancer.restart()
    for address in OTHERS[:3]:
        with client_from(balancer, address) as client:
            assert client.run(shell, "counter hunted") == str(OTHERS.index(address) + 1)
    assert sorted(sim.counters().get("hunted", 0) for sim in sims) == [0, 0, 3]


def test_a_hunt_is_quick(balancer, sims):
    with client_from(balancer, HOME) as client:
        shell = client.open_shell()
    balancer.restart()
    for address in OTHERS[:3]:
        with client_from(balancer, address) as client:
            began = time.monotonic()
            assert client.ask(wsman.command(shell, "hostname")).status == 200
            assert time.monotonic() - began < 1
