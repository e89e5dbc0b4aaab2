"""A server whose quota of shells is full is no reason for a client to fail while another server has room: as long as the
client shows what it asks for and holds nothing there."""

import pytest
import winrm

import wsman
from balancer import Balancer
from sealing_client import NtlmLogin, SealingClient, gssapi
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim

SHELLS = 5  # of one user on one server
FULL = 2150859173
ADDRESSES = [f"127.7.0.{number + 1}" for number in range(3 * SHELLS)]


@pytest.fixture(name="sims")
def three_servers_with_little_room():
    options = {"allow_unencrypted": True, "options": ["--max-shells-per-user", str(SHELLS)]}
    with WinrmSim("ps1", address="127.0.0.11", **options) as one, WinrmSim("ps2", address="127.0.0.12", **options) as two, \
         WinrmSim("ps3", address="127.0.0.13", **options) as three:
        yield one, two, three


@pytest.fixture(name="balancer")
def with_defaults(sims):
    with Balancer(sims, workers=4) as balancer:
        for sim in sims:  # room is looked for on servers that have passed their first check
            assert balancer.await_state(sim.name, "up")
        yield balancer


def fill(sim, but=0):
    """By shells that the balancer knows nothing of."""
    with wsman.Client(sim) as client:
        return [client.open_shell() for _ in range(SHELLS - but - len(sim.shells()))]


def counts(sims):
    return [len(sim.shells()) for sim in sims]


def assert_created_once(sims):
    created = [message for sim in sims for message in sim.executed(operation="Create")]
    assert all(message["times"] == 1 for message in created)
    assert len({message["message_id"] for message in created}) == len(created)


def test_shells_fill_every_server_to_its_brim_before_anybody_is_refused(balancer, sims):
    fill(sims[0])
    fill(sims[1], but=2)
    for address in ADDRESSES[:SHELLS + 2]:
        with wsman.Client(balancer, address=address) as client:
            shell = client.open_shell()
            assert client.run(shell, "whoami") == DEFAULT_USER
    assert counts(sims) == [SHELLS] * 3
    with wsman.Client(balancer, address=ADDRESSES[-1]) as client:
        answer = client.ask(wsman.create())
        assert (answer.status, answer.fault) == (500, FULL), "the servers' own fault must come through"
        assert client.ask(wsman.IDENTIFY).status == 200
    assert_created_once(sims)


def test_pywinrm_gets_its_shell_where_there_is_room(balancer, sims):
    fill(sims[0])
    fill(sims[1])
    session = winrm.Session(balancer.url, auth=(DEFAULT_USER, DEFAULT_PASSWORD), transport="basic", message_encryption="never")
    for _ in range(3):
        assert session.run_cmd("hostname").std_out.decode().strip() == "ps3"
    assert_created_once(sims)


def test_who_holds_a_shell_there_is_not_torn_apart(balancer, sims):
    with wsman.Client(balancer, address=ADDRESSES[0]) as client:
        shell = client.open_shell()
        home = next(sim for sim in sims if sim.shells())
        fill(home)
        answer = client.ask(wsman.create())
        assert (answer.status, answer.fault) == (500, FULL)
        assert client.run(shell, "hostname") == home.name


def test_the_address_moves_along_with_its_shell(balancer, sims):
    fill(sims[0])
    fill(sims[1])
    for _ in range(3):
        with wsman.Client(balancer, address=ADDRESSES[0]) as client:
            assert client.run(client.open_shell(), "hostname") == "ps3"
    refused = [entry for sim in sims for entry in sim.seen(operation="Create", fault=FULL)]
    assert len(refused) <= 2, "it was sent to the full servers again"


def test_new_addresses_keep_away_from_a_server_that_said_it_is_full(balancer, sims):
    fill(sims[0])
    for address in ADDRESSES[:2 * SHELLS]:
        with wsman.Client(balancer, address=address) as client:
            client.open_shell()
    assert counts(sims) == [SHELLS] * 3
    refused = sims[0].seen(operation="Create", fault=FULL)
    assert len(refused) <= 1, f"{len(refused)} clients were sent to it all the same"


def test_a_sealed_client_gets_the_servers_own_fault(balancer, sims):
    if not gssapi:
        pytest.skip("SKIPPED, a sealed client meets no quota: not installed: python3-gssapi")
    for sim in sims:
        fill(sim)
    with SealingClient(balancer, NtlmLogin(DEFAULT_USER, DEFAULT_PASSWORD), address=ADDRESSES[0]) as client:
        answer = client.ask(wsman.create())
        assert (answer.status, answer.fault, client.logins) == (500, FULL, 1)
