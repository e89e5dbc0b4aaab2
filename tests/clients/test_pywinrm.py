"""pywinrm and curl, unmodified, against simulated servers: each way to log in, on both ports."""

import subprocess
import threading
import unittest.mock

import pytest
import requests
import winrm

from balancer import Balancer
from many_clients import IDENTIFY
from soak import soak_count
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, DEFAULT_USERS, WinrmSim, make_certificate, negotiate_environment

WAYS = {
    "basic_plain": ("plain", {"transport": "basic", "message_encryption": "never"}),
    "ntlm_sealed": ("plain", {"transport": "ntlm", "message_encryption": "always"}),
    "basic_tls": ("tls", {"transport": "basic"}),
    # The login says which certificate the client saw: the balancer's, which is that of the servers too.
    "ntlm_tls": ("tls", {"transport": "ntlm", "send_cbt": True}),
}
# As often as the requests of one client count up to 200: each command takes three, and its shell two.
COMMANDS = max(3, soak_count(66))
CLIENTS = 20
BUILDING = threading.Lock()  # one client at a time exchanges requests.Session for its own


@pytest.fixture(name="sims", scope="module")
def three_servers(tmp_path_factory):
    certificate, key = make_certificate(tmp_path_factory.mktemp("certificate"))
    options = {"https": True, "certificate": certificate, "key": key, "cbt": "relaxed", "allow_unencrypted": True}
    with WinrmSim("ps1", address="127.0.0.11", **options) as one, WinrmSim("ps2", address="127.0.0.12", **options) as two, \
         WinrmSim("ps3", address="127.0.0.13", **options) as three:
        yield one, two, three


@pytest.fixture(name="balancer", params=[2, 4], ids="{}_workers".format)
def fresh_balancer(request, sims):
    for sim in sims:
        sim.clear_seen()
    with Balancer(sims, workers=request.param, certificate=sims[0].certificate, key=sims[0].key) as balancer:
        yield balancer


class FromAddress(requests.adapters.HTTPAdapter):
    """Connects from the given address, as if the client were a machine of its own."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


def session_from(balancer, address, way, user=DEFAULT_USER, password=DEFAULT_PASSWORD):
    port, options = WAYS[way]
    url = balancer.tls_url if port == "tls" else balancer.url
    session = winrm.Session(url, auth=(user, password), ca_trust_path=str(balancer.certificate), **options)
    transport = session.protocol.transport

    def requests_session():
        made = real_session()
        for scheme in ("http://", "https://"):
            made.mount(scheme, FromAddress(address))
        return made

    # The address must be in place before pywinrm builds its session, since it may log in there and then. From 0.5 on
    # it builds one for each shell, so every later one needs it too.
    def build_session():
        with BUILDING, unittest.mock.patch.object(requests, "Session", requests_session):
            return real_build()

    real_session, real_build = requests.Session, transport.build_session
    transport.build_session = build_session
    transport.build_session()
    return session


def printed(outcome):
    assert outcome.status_code == 0, outcome.std_err
    return outcome.std_out.decode().split()


def refused_logins(sims):
    return [entry for sim in sims for entry in sim.seen() if entry["refusal"]]


@pytest.mark.parametrize("way", WAYS)
def test_a_session_sticks_to_its_server(balancer, sims, way):
    for number in (31, 32, 33):
        address = f"127.0.0.{number}"
        session = session_from(balancer, address, way)
        hosts = {printed(session.run_cmd("hostname"))[0] for _ in range(3)}
        hosts.add(printed(session.run_ps("hostname"))[0])
        assert len(hosts) == 1, f"{address} met {hosts}"
        assert printed(session.run_ps("Write-Output hi; whoami")) == ["hi", DEFAULT_USER]
        assert printed(session.run_cmd("type", ["64", "KiB"]))
        if session.protocol.transport.session:  # from 0.5 on the end of a shell closes it
            session.protocol.transport.session.close()

    assert not refused_logins(sims)
    shells = [entry for sim in sims for entry in sim.seen(operation="Create")]
    assert {entry["port"] for entry in shells} == {"https" if way.endswith("tls") else "http"}
    assert all(entry["sealed"] == (way == "ntlm_sealed") for entry in shells)
    assert {sim.name for sim in sims if sim.seen(operation="Create")} == {"ps1", "ps2", "ps3"}
    lines = balancer.access_log(lambda lines: sum(line["status"] == 200 for line in lines) >= 3 * 6 * 5)
    assert all(not line["own_reply"] and line["status"] in (200, 401) for line in lines)
    if way.startswith("ntlm"):
        assert {line["reason"] for line in lines if line["status"] == 200} == {"bound"}
        assert {line["user"] for line in lines if line["status"] == 200 and "scheme" in line} == {DEFAULT_USER}


def test_both_ports_and_all_logins_lead_an_address_to_one_server(balancer):
    hosts = {way: printed(session_from(balancer, "127.0.0.41", way).run_cmd("hostname"))[0] for way in WAYS}
    assert len(set(hosts.values())) == 1, hosts


def test_a_login_that_names_another_certificate_than_the_servers_is_refused():
    """What the same certificate on both is for."""
    with WinrmSim("ps1", address="127.0.0.11", https=True, cbt="relaxed") as sim, Balancer([sim]) as balancer:
        with pytest.raises(winrm.exceptions.InvalidCredentialsError):
            session_from(balancer, "127.0.0.43", "ntlm_tls").run_cmd("hostname")
        assert refused_logins([sim])
        assert printed(session_from(balancer, "127.0.0.43", "basic_tls").run_cmd("hostname")) == ["ps1"]


def test_a_wrong_password_is_refused_by_the_server_itself(balancer, sims):
    with pytest.raises(winrm.exceptions.InvalidCredentialsError):
        session_from(balancer, "127.0.0.42", "ntlm_sealed", password="wrong").run_cmd("hostname")
    assert refused_logins(sims)


class Worker(threading.Thread):
    """One client of many: keeps a shell, asks in it who it is, and notes what it was told."""

    def __init__(self, session):
        super().__init__()
        self.session, self.answers, self.error = session, [], None

    def run(self):
        try:
            protocol = self.session.protocol
            shell = protocol.open_shell()
            for _ in range(COMMANDS):
                command = protocol.run_command(shell, "whoami")
                output, _, _ = protocol.get_command_output(shell, command)
                protocol.cleanup_command(shell, command)
                self.answers.append(output.decode().strip())
            protocol.close_shell(shell)
        except Exception as error:  # pylint: disable=broad-except  # whatever it is, the test shows it
            self.error = error


def test_users_at_once_never_get_an_answer_for_another(balancer, sims):
    workers, expected = [], []
    ways = list(WAYS)
    for number in range(CLIENTS):
        domain, user, password = DEFAULT_USERS[number % 3]
        name = f"{domain}\\{user}"
        # Four addresses, so that different users share an address, and with it a server.
        workers.append(Worker(session_from(balancer, f"127.0.0.{51 + number % 4}", ways[number // 3 % 4], name, password)))
        expected.append(name)
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.error for worker in workers] == [None] * CLIENTS
    assert [worker.answers for worker in workers] == [[name] * COMMANDS for name in expected]
    assert not refused_logins(sims)
    lines = balancer.access_log(lambda lines: sum(line["status"] == 200 for line in lines) >= CLIENTS * (3 * COMMANDS + 2))
    assert not [line for line in lines if line["own_reply"] or line["status"] not in (200, 401)]


@pytest.mark.parametrize("scheme", ["basic", "ntlm", "negotiate"])
@pytest.mark.parametrize("port", ["plain", "tls"])
def test_curl_logs_in_by_each_scheme(balancer, sims, scheme, port):
    login = ":" if scheme == "negotiate" else f"{DEFAULT_USER}:{DEFAULT_PASSWORD}"
    url = balancer.tls_url if port == "tls" else balancer.url
    # Twice, so that the second transfer uses the connection of the first.
    transfers = ["-H", "Content-Type: application/soap+xml;charset=UTF-8", "--data", IDENTIFY] + 2 * ["-o", "/dev/null", url]
    outcome = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", str(balancer.certificate), f"--{scheme}", "-u", login,
                              "-w", "%{http_code} %{num_connects}\n", *transfers],
                             capture_output=True, text=True, env=negotiate_environment(sims[0]), check=True)
    assert outcome.stdout.split("\n")[0] == "200 1", outcome.stderr
    assert outcome.stdout.split("\n")[1] == "200 0", outcome.stderr
    assert len([sim for sim in sims if sim.seen(operation="Identify", status=200)]) == 1
