"""Kerberos through the balancer, with a KDC and servers that each have a name and a key of their own.

A ticket is for one server, so a client must ask for the name of the server that its address is on: curl does by
--connect-to, pywinrm by kerberos_hostname_override. One who asks for the balancer's name fails, and the log says why.
"""

import os
import subprocess

import pytest
import winrm

from apache_gssapi import REALM, Apache, Realm, missing_packages
from balancer import Balancer, await_value
from winrm_sim import WinrmSim

try:
    import requests_kerberos
except ImportError:
    requests_kerberos = None

USER = "alice"
SERVERS = ("s1", "s2")
BALANCER = "farm.winrm.test"
PATIENCE = 60


def host_of(server):
    return f"{server}.winrm.test"


@pytest.fixture(scope="module", name="realm")
def fixture_realm():
    missing = missing_packages()
    if missing:
        pytest.skip("SKIPPED, no Kerberos logins are tried: not installed: " + ", ".join(missing))
    with Realm([USER], hosts=[*map(host_of, SERVERS), BALANCER]) as realm:
        yield realm


@pytest.fixture(scope="module", name="site")
def fixture_balancer_before_apaches(realm):
    with Apache("s1", realm, host_of("s1")) as one, Apache("s2", realm, host_of("s2")) as two:
        with Balancer({each.name: {"host": "127.0.0.1", "port": each.port} for each in (one, two)}) as balancer:
            yield balancer


def curl(realm, balancer, name, source="127.0.1.1"):
    """Logs in by a ticket for that name: the status, the server, and who it takes the client for."""
    done = subprocess.run(
        ["/usr/bin/curl", "-q", "-sS", "--noproxy", "*", "--max-time", "20", "--interface", source, "--negotiate", "-u", ":",
         "--connect-to", f"{name}:80:127.0.0.1:{balancer.plain[1]}", "-o", "/dev/null", "-H",
         "Content-Type: application/soap+xml;charset=UTF-8", "-d", "<x/>",
         "-w", "%{http_code}|%header{x-server}|%header{x-user}", f"http://{name}/wsman"],
        env=realm.kerberos_environment(USER), capture_output=True, text=True, timeout=PATIENCE)
    return done.stdout.split("|")


def log_of(balancer, part):
    file = balancer.folder / "winrm-lb.log"
    return await_value(lambda: file.read_text(encoding="utf-8"), lambda text: part in text, PATIENCE)


def test_curl_logs_in_by_the_name_of_its_server(realm, site):
    seen = set()
    for source in ("127.0.1.1", "127.0.1.2"):
        server = curl(realm, site, host_of("s1"), source)[1]  # its address is on one from now on, whatever it asked for
        assert site.explain(source)["server"] == server
        for _ in range(3):
            assert curl(realm, site, host_of(server), source) == ["200", server, f"{USER}@{REALM}"]
        seen.add(server)
    assert seen == set(SERVERS)


@pytest.mark.parametrize("name", ["balancer", "another server"])
def test_curl_fails_by_any_other_name_and_the_log_says_what_to_do(realm, site, name):
    source = "127.0.1.3" if name == "balancer" else "127.0.1.4"
    server = curl(realm, site, host_of("s1"), source)[1]
    other = next(each for each in SERVERS if each != server)
    asked = BALANCER if name == "balancer" else host_of(other)

    def refused():
        assert curl(realm, site, asked, source)[0] == "401"
        return (site.folder / "winrm-lb.log").read_text(encoding="utf-8")

    # A reason is said once a second.
    log = await_value(refused, lambda text: f"HTTP/{asked}@{REALM}" in text, PATIENCE)
    line = next(line for line in log.splitlines() if f"HTTP/{asked}@{REALM}" in line)
    assert '"kerberos_for_balancer_name"' in line
    for way_out in ("kerberos_hostname_override", "planned", "NTLM", "Basic over TLS"):
        assert way_out in line


@pytest.fixture(name="members")
def fixture_members(realm):
    users = [(REALM.split(".", maxsplit=1)[0], USER, "Secret-1")]
    with WinrmSim("s1", address="127.0.0.11", https=True, users=users, environment=realm.server_environment(host_of("s1"))) as one, \
            WinrmSim("s2", address="127.0.0.12", https=True, users=users, environment=realm.server_environment(host_of("s2"))) as two:
        yield one, two


@pytest.mark.skipif(requests_kerberos is None, reason="SKIPPED, pywinrm with Kerberos is not tried: python3-requests-kerberos")
@pytest.mark.parametrize("mode", ["terminate", "passthrough"])
def test_pywinrm_logs_in_with_its_servers_name(realm, members, monkeypatch, mode):
    for name, value in realm.kerberos_environment(USER).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OPENSSL_CONF", os.environ["OPENSSL_CONF"])
    balancer = Balancer(members)
    if mode == "passthrough":
        balancer.settings["listeners"][1]["tls"] = {"mode": mode}
    with balancer:
        server = balancer.explain("127.0.0.1")["server"]
        sim = members[SERVERS.index(server)]

        def run(name):
            session = winrm.Session(f"https://localhost:{balancer.tls[1]}/wsman", auth=(None, None), transport="kerberos",
                                    kerberos_hostname_override=name,
                                    ca_trust_path=str(balancer.certificate if mode == "terminate" else sim.certificate))
            try:
                return session.run_cmd("echo", ["by ticket"]).std_out.strip()
            finally:
                session.protocol.transport.session.close()  # a balancer that stops waits for what it relays

        assert run(host_of(server)) == b"by ticket"
        assert {entry["user"] for entry in sim.seen(operation="Create")} == {f"WINRM\\{USER}"}
        with pytest.raises(Exception) as refused:
            run(BALANCER)
        assert "401" in str(refused.value) or "InvalidCredentials" in type(refused.value).__name__
        if mode == "terminate":
            assert f"HTTP/{BALANCER}@{REALM}" in log_of(balancer, BALANCER)
