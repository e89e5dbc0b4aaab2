"""TLS as clients meet it: certificates by name, clients' certificates, resumption with openssl s_client; certificates
that are replaced under load; and logins bound to the channel, with TLS ended here and relayed."""

import os
import ssl
import subprocess
import threading

import pytest
import requests
import winrm

from balancer import Balancer, await_value
from many_clients import ask, connect_from, identify
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim, make_certificate

PATIENCE = 30


@pytest.fixture(name="sim", scope="module")
def one_server():
    with WinrmSim("ps1", address="127.0.0.11", https=True, cbt="strict", allow_unencrypted=True) as sim:
        yield sim


@pytest.fixture(name="checking", scope="module", params=["relaxed", "strict"])
def server_that_looks_at_bindings(request):
    with WinrmSim("ps1", address="127.0.0.12", https=True, cbt=request.param, allow_unencrypted=True) as sim:
        yield sim


def started(sim, change=None, **options):
    """A balancer whose TLS listener was changed before the start."""
    balancer = Balancer([sim], **options)
    if change:
        change(balancer, balancer.settings["listeners"][1])
    return balancer


def fingerprint(certificate):
    return subprocess.run(["openssl", "x509", "-in", str(certificate), "-noout", "-fingerprint", "-sha256"], check=True,
                          capture_output=True, text=True).stdout.strip()


def s_client(balancer, *words):
    return subprocess.run(["openssl", "s_client", "-connect", "{}:{}".format(*balancer.tls), *words], input=b"",
                          capture_output=True, timeout=PATIENCE).stdout.decode(errors="replace")


def shown(balancer, *words):
    """The fingerprint of the certificate that a client sees."""
    return subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256"], input=s_client(balancer, *words),
                          capture_output=True, text=True).stdout.strip()


def test_the_name_chooses_the_certificate(sim):
    other = {}

    def with_another(balancer, listener):
        files = make_certificate(balancer.folder, address="127.0.0.9", name="other")
        other["certificate"] = files[0]
        listener["tls"]["certificates"] = [{"certificate": str(files[0]), "key": str(files[1])}]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=rsa",
                        "-addext", "subjectAltName=DNS:rsa.example.net", "-keyout", str(files[1]), "-out", str(files[0])],
                       check=True, capture_output=True)

    with started(sim, with_another) as balancer:
        assert shown(balancer, "-servername", "rsa.example.net") == fingerprint(other["certificate"])
        assert shown(balancer, "-servername", "unknown") == fingerprint(balancer.certificate)
        assert shown(balancer, "-noservername") == fingerprint(balancer.certificate)


def test_clients_must_show_their_certificate(sim):
    files = {}

    def asking(balancer, listener):
        files["good"] = make_certificate(balancer.folder, name="client")
        files["bad"] = make_certificate(balancer.folder, name="stranger")
        listener["tls"]["client_ca"] = str(files["good"][0])

    with started(sim, asking) as balancer:
        def status(name=None):
            session = requests.Session()
            session.cert = tuple(map(str, files[name])) if name else None
            try:
                return session.post(balancer.tls_url, verify=str(balancer.certificate), timeout=PATIENCE).status_code
            except requests.exceptions.RequestException:
                return "refused"
        assert status("good") == 401  # of the server, which was reached
        assert status() == "refused"
        assert status("bad") == "refused"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_client_comes_back_without_a_full_handshake(sim, version):
    with started(sim) as balancer:
        ticket = balancer.folder / "ticket"
        with subprocess.Popen(["openssl", "s_client", "-connect", "{}:{}".format(*balancer.tls), version, "-sess_out",
                               str(ticket)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as first:
            assert await_value(ticket.exists, bool, PATIENCE)
            first.stdin.close()
            first.stdout.read()
        assert "\nReused, " in s_client(balancer, version, "-sess_in", str(ticket))


def test_old_versions_and_http_2_are_not_spoken(sim):
    with started(sim) as balancer:
        assert "Cipher is (NONE)" in s_client(balancer, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        assert "ALPN protocol: http/1.1" in s_client(balancer, "-alpn", "h2,http/1.1")


class Loader(threading.Thread):
    """Asks by TLS on a new connection each time, until it is told to stop."""

    def __init__(self, balancer):
        super().__init__()
        self.balancer, self.enough, self.asked, self.failures = balancer, threading.Event(), 0, []
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def run(self):
        while not self.enough.is_set():
            try:
                with self.context.wrap_socket(connect_from("127.0.0.1", self.balancer.tls)) as connection:
                    ask(connection, identify("127.0.0.1"))
                self.asked += 1
            except OSError as error:
                self.failures.append(repr(error))


def test_a_certificate_replaced_under_load_costs_no_exchange(sim):
    with started(sim) as balancer:
        loaders = [Loader(balancer) for _ in range(4)]
        steady = Loader(balancer).context.wrap_socket(connect_from("127.0.0.1", balancer.tls))
        ask(steady, identify("127.0.0.1"))
        for loader in loaders:
            loader.start()
        try:
            fresh = make_certificate(balancer.folder, name="fresh")
            expected = fingerprint(fresh[0])
            os.replace(fresh[0], balancer.certificate)  # for a moment the key is not the certificate's
            os.replace(fresh[1], balancer.settings["listeners"][1]["tls"]["key"])
            assert await_value(lambda: shown(balancer), lambda now: now == expected, PATIENCE) == expected
        finally:
            for loader in loaders:
                loader.enough.set()
                loader.join()
        ask(steady, identify("127.0.0.1"))  # began with the old one
        assert [loader.failures for loader in loaders] == [[]] * 4
        assert all(loader.asked for loader in loaders)


def login(balancer, certificate):
    session = winrm.Session(balancer.tls_url, auth=(DEFAULT_USER, DEFAULT_PASSWORD), transport="ntlm", send_cbt=True,
                            ca_trust_path=str(certificate))
    return session.run_cmd("echo", ["bound"]).std_out.strip()


def binding(balancer, what):
    def said():
        listener = next(one for one in balancer.status()["listeners"] if one["name"] == "tls")
        return listener["channel_binding"]["ps1"]
    return await_value(said, lambda now: now == what, PATIENCE)


def test_bound_logins_hold_where_tls_is_relayed(checking):
    def relaying(_, listener):
        listener["tls"] = {"mode": "passthrough"}

    with started(checking, relaying) as balancer:
        # The client sees the server's certificate, which is not for the balancer's address.
        url = f"https://localhost:{balancer.tls[1]}/wsman"
        session = winrm.Session(url, auth=(DEFAULT_USER, DEFAULT_PASSWORD), transport="ntlm", send_cbt=True,
                                ca_trust_path=str(checking.certificate))
        assert session.run_cmd("echo", ["bound"]).std_out.strip() == b"bound"
        assert binding(balancer, "holds") == "holds"
        session.protocol.transport.session.close()  # a balancer that stops waits for what it relays


def test_bound_logins_hold_with_the_servers_certificate(checking):
    with started(checking, certificate=checking.certificate, key=checking.key) as balancer:
        session = winrm.Session(f"https://localhost:{balancer.tls[1]}/wsman", auth=(DEFAULT_USER, DEFAULT_PASSWORD),
                                transport="ntlm", send_cbt=True, ca_trust_path=str(checking.certificate))
        assert session.run_cmd("echo", ["bound"]).std_out.strip() == b"bound"
        assert binding(balancer, "holds") == "holds"


def test_bound_logins_fail_with_another_certificate_and_the_balancer_has_said_so_before(checking):
    with started(checking) as balancer:
        assert binding(balancer, "does_not_hold") == "does_not_hold"
        log = await_value(lambda: (balancer.folder / "winrm-lb.log").read_text(encoding="utf-8"),
                          lambda text: "CbtHardeningLevel" in text, PATIENCE)
        assert "fail at this server if it checks" in log and "mode: passthrough" in log
        with pytest.raises(winrm.exceptions.InvalidCredentialsError):
            login(balancer, balancer.certificate)
        log = await_value(lambda: (balancer.folder / "winrm-lb.log").read_text(encoding="utf-8"),
                          lambda text: '"channel_binding"' in text, PATIENCE)
        assert "a login was refused: the login is bound to the certificate" in log


def test_clients_that_bind_nothing_pass_with_another_certificate_unless_the_server_insists(checking):
    with started(checking) as balancer:
        session = winrm.Session(balancer.tls_url, auth=(DEFAULT_USER, DEFAULT_PASSWORD), transport="ntlm", send_cbt=False,
                                ca_trust_path=str(balancer.certificate))
        if "strict" in checking._options:
            with pytest.raises(winrm.exceptions.InvalidCredentialsError):
                session.run_cmd("echo", ["bound"])
        else:
            assert session.run_cmd("echo", ["free"]).std_out.strip() == b"free"
