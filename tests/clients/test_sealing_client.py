"""Sealed shells through the balancer, by Kerberos and NTLM, of which it can see nothing but that they are sealed: command
shells and runspace pools, over several connections, with Disconnect, Reconnect and Connect."""

import typing

import pytest

import wsman
from apache_gssapi import DOMAIN, HOST, Realm, missing_packages
from balancer import Balancer
from sealing_client import KerberosLogin, NtlmLogin, SealingClient, gssapi
from winrm_sim import WinrmSim

USERS = ["alice", "bob", "carol"]


class Farm(typing.NamedTuple):
    realm: Realm
    sims: list


@pytest.fixture(scope="module", name="farm")
def members_of_a_realm():
    missing = missing_packages() + ([] if gssapi else ["python3-gssapi"])
    if missing:
        pytest.skip("SKIPPED, nothing is sealed by Kerberos: not installed: " + ", ".join(missing))
    with Realm(USERS) as realm, pytest.MonkeyPatch.context() as environment:
        for name in ("KRB5_CONFIG", "KRB5RCACHENAME"):
            environment.setenv(name, realm.environment()[name])
        options = {"users": [(DOMAIN, user, password) for user, password in realm.users.items()],
                   "environment": realm.server_environment(), "https": True}
        with WinrmSim("ps1", address="127.0.0.11", **options) as one, WinrmSim("ps2", address="127.0.0.12", **options) as two, \
             WinrmSim("ps3", address="127.0.0.13", **options) as three:
            yield Farm(realm, [one, two, three])


@pytest.fixture(scope="module", name="balancer", params=[2, 4], ids="{}_workers".format)
def on_some_workers(request, farm):
    with Balancer(farm.sims, workers=request.param) as balancer:
        yield balancer


@pytest.fixture(autouse=True)
def fresh_journals(farm):
    for sim in farm.sims:
        sim.clear_seen()


def by_kerberos(realm, user):
    return KerberosLogin(f"HTTP@{HOST}", f"FILE:{realm.folder}/tickets.{user}")


def by_kerberos_in_negotiate(realm, user):
    return KerberosLogin(f"HTTP@{HOST}", f"FILE:{realm.folder}/tickets.{user}", scheme="Negotiate")


def by_ntlm(realm, user):
    return NtlmLogin(f"{DOMAIN}\\{user}", realm.users[user])


each_way = pytest.mark.parametrize("way", [by_kerberos, by_kerberos_in_negotiate, by_ntlm], ids=lambda way: way.__name__)


def assert_all_sealed(farm, balancer, *operations):
    """Every message was, and each of the operations was among them, on one server. Blank posts only log in."""
    entries = [entry for sim in farm.sims for entry in sim.seen() if entry["operation"]]
    assert entries and all(entry["sealed"] and entry["status"] == 200 for entry in entries), entries
    assert {entry["operation"] for entry in entries} >= set(operations)
    assert len([sim for sim in farm.sims if sim.seen()]) == 1
    assert not [line for line in balancer.access_log() if line["own_reply"]]


@each_way
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_command_shell_lives_its_whole_life(farm, balancer, way, tls):
    with SealingClient(balancer, way(farm.realm, "alice"), address="127.0.0.101", tls=tls) as client:
        shell = client.open_shell()
        for _ in range(3):
            assert client.run(shell, "whoami") == f"{DOMAIN}\\alice"
        assert len(client.run(shell, "type 300 KiB")) == 300 * 1024 - 2
        more = client.start(shell, "more")
        assert client.ask(wsman.send(shell, more, b"words", end=True)).status == 200
        assert client.ask(wsman.receive(shell, more)).output == b"words"
        assert client.ask(wsman.delete(shell)).status == 200
        assert client.logins == 1
    assert_all_sealed(farm, balancer, "Create", "Command", "Receive", "Send", "Signal", "Delete")


@each_way
def test_a_runspace_pool_is_disconnected_and_joined_from_another_connection(farm, balancer, way):
    address, shell, session = "127.0.0.102", wsman.new_id(), wsman.new_id()
    with SealingClient(balancer, way(farm.realm, "bob"), address=address) as client:
        assert client.ask(wsman.create_pool(shell, session=session)).shell == shell
        assert b"RunspaceState" in client.ask(wsman.receive(shell, resource=wsman.POWERSHELL)).output
        assert client.ask(wsman.disconnect(shell, session)).status == 200
    with SealingClient(balancer, way(farm.realm, "bob"), address=address) as client:
        assert client.ask(wsman.reconnect(shell, session)).status == 200
        assert client.ask(wsman.disconnect(shell, session)).status == 200
    with SealingClient(balancer, way(farm.realm, "bob"), address=address) as client:
        assert client.ask(wsman.connect(shell, wsman.new_id())).text("connectResponseXml")
        assert client.ask(wsman.delete(shell, resource=wsman.POWERSHELL)).status == 200
    assert_all_sealed(farm, balancer, "Create", "Receive", "Disconnect", "Reconnect", "Connect", "Delete")


@each_way
def test_a_shell_is_driven_over_several_connections_at_once(farm, balancer, way):
    address = "127.0.0.103"
    with SealingClient(balancer, way(farm.realm, "carol"), address=address) as poller, \
         SealingClient(balancer, way(farm.realm, "carol"), address=address) as writer:
        shell = poller.open_shell()
        more = poller.start(shell, "more")
        for text in (b"one", b"two", b"three"):
            poller.begin(wsman.receive(shell, more))
            assert writer.ask(wsman.send(shell, more, text)).status == 200
            assert poller.end().output == text
        assert writer.ask(wsman.signal(shell, more)).status == 200
        assert writer.ask(wsman.delete(shell)).status == 200
    assert_all_sealed(farm, balancer, "Create", "Receive", "Send")


@each_way
def test_somebody_elses_shell_stays_his(farm, balancer, way):
    with SealingClient(balancer, way(farm.realm, "alice"), address="127.0.0.104") as owner, \
         SealingClient(balancer, way(farm.realm, "bob"), address="127.0.0.104") as other:
        shell = owner.open_shell()
        assert other.ask(wsman.command(shell, "whoami")).fault == 5
        assert owner.run(shell, "whoami") == f"{DOMAIN}\\alice"
        assert owner.ask(wsman.delete(shell)).status == 200


def test_a_client_that_lost_its_connection_logs_in_anew_and_finds_its_shell(farm, balancer):
    with SealingClient(balancer, by_ntlm(farm.realm, "alice"), address="127.0.0.105") as client:
        shell = client.open_shell()
        for sim in farm.sims:
            sim.cut()
        with pytest.raises(OSError):  # a sealed message cannot be answered by anybody else: the connection ends
            client.run(shell, "whoami")
        assert client.run(shell, "whoami") == f"{DOMAIN}\\alice"
        assert client.logins == 2
        assert client.ask(wsman.delete(shell)).status == 200


def test_a_wrong_password_opens_nothing(farm, balancer):
    with SealingClient(balancer, NtlmLogin(f"{DOMAIN}\\alice", "wrong"), address="127.0.0.106") as client:
        assert client.ask(wsman.create()).status == 401
    assert not [shell for sim in farm.sims for shell in sim.shells()]
