"""Checks that log in: by NTLM, Negotiate and Kerberos, sealed where there is no TLS and bound to the channel where there is.
The balancer runs without OpenSSL's legacy provider, as it does in production."""

import pytest

from apache_gssapi import DOMAIN, HOST, Realm, missing_packages
from balancer import Balancer, await_value
from name_server import NameServer
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim

OPERATIONS = ("Create", "Command", "Receive", "Signal", "Delete")


def deep_checks(tmp_path, scheme, user=DEFAULT_USER, password=DEFAULT_PASSWORD, keytab=None):
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text(password + "\n", encoding="utf-8")
    secret = {"keytab": str(keytab)} if keytab else {"password_file": str(file)}
    return {"interval": "200ms", "timeout": "1s", "hold_down": "0s", "probe": ["identify", "authenticated", "shell"],
            "authenticated": {"interval": "1s"}, "shell": {"interval": "1s", "command": "hostname", "expect": "ps"},
            "account": {"user": user, "scheme": scheme, **secret}}


def results(balancer, name="ps1"):
    return {check["name"]: check["result"] for check in balancer.server(name)["checks"]}


def assert_all_pass(balancer, sim, sealed):
    assert balancer.await_state("ps1", "up"), balancer.server("ps1")
    by = "" if sealed else "_tls"
    wanted = {f"authenticated{by}": "pass", f"shell{by}": "pass"}
    checks = await_value(lambda: results(balancer), lambda found: wanted.items() <= found.items())
    assert wanted.items() <= checks.items(), balancer.server("ps1")["checks"]
    seen = await_value(lambda: [entry for entry in sim.seen(checks=True, status=200) if entry["operation"] in OPERATIONS],
                       lambda entries: any(entry["operation"] == "Delete" for entry in entries))
    assert {entry["operation"] for entry in seen} == set(OPERATIONS)
    assert {entry["sealed"] for entry in seen} == {sealed}
    assert await_value(sim.shells, lambda shells: shells == []) == [], "a check left its shell behind"


@pytest.mark.parametrize("scheme", ["ntlm", "negotiate"])
def test_messages_are_sealed_where_there_is_no_tls(tmp_path, scheme):
    with WinrmSim("ps1", address="127.0.0.11") as sim, \
         Balancer([sim], pool={"health": deep_checks(tmp_path, scheme)}) as balancer:
        assert_all_pass(balancer, sim, sealed=True)


@pytest.mark.parametrize("scheme", ["ntlm", "negotiate"])
def test_a_login_by_tls_is_bound_to_its_channel(tmp_path, scheme):
    with WinrmSim("ps1", address="127.0.0.11", http=False, https=True, cbt="strict") as sim, \
         Balancer([sim], pool={"health": deep_checks(tmp_path, scheme)}) as balancer:
        assert_all_pass(balancer, sim, sealed=False)


@pytest.mark.parametrize("scheme", ["basic", "ntlm"])
def test_a_refused_login_takes_a_server_out_and_says_so(tmp_path, scheme):
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as sim, \
         Balancer([sim], pool={"health": deep_checks(tmp_path, scheme, password="wrong")}) as balancer:
        assert balancer.await_state("ps1", "down")
        why = balancer.server("ps1")["why"]
        assert "login was refused" in why or "answer to the login was 401" in why, why


def test_a_server_that_does_not_offer_the_scheme_is_told_apart(tmp_path):
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True, auth="basic") as sim, \
         Balancer([sim], pool={"health": deep_checks(tmp_path, "ntlm")}) as balancer:
        assert balancer.await_state("ps1", "down")
        assert "it offers Basic" in balancer.server("ps1")["why"]


@pytest.fixture(name="realm", scope="module")
def realm_with_a_probe_account():
    if missing := missing_packages():
        pytest.skip("SKIPPED, nobody logs in by Kerberos: not installed: " + ", ".join(missing))
    with Realm(["probe"]) as realm:
        keytab = realm.folder / "probe.keytab"
        realm._administer(["/usr/sbin/kadmin.local", "-r", "WINRM.TEST"], f"ktadd -norandkey -k {keytab} probe\n")
        yield realm


@pytest.mark.parametrize("secret", ["password", "keytab"])
@pytest.mark.parametrize("scheme, port", [("kerberos", "plain"), ("kerberos", "tls"), ("negotiate", "plain")])
def test_kerberos_logs_in_by_password_and_by_keytab(tmp_path, realm, monkeypatch, scheme, port, secret):
    if secret == "keytab" and scheme != "kerberos":
        scheme = "kerberos"
    monkeypatch.setenv("KRB5_CONFIG", realm.environment()["KRB5_CONFIG"])
    users = [(DOMAIN, user, password) for user, password in realm.users.items()]
    with WinrmSim("ps1", address="127.0.0.11", users=users, environment=realm.server_environment(), http=port == "plain",
                  https=port == "tls") as sim, NameServer({HOST: (["127.0.0.11"], 600)}) as dns:
        health = deep_checks(tmp_path, scheme, user="probe@WINRM.TEST", password=realm.users["probe"],
                             keytab=realm.folder / "probe.keytab" if secret == "keytab" else None)
        balancer = Balancer([sim], pool={"health": health})
        balancer.settings["pools"]["farm"]["servers"]["ps1"]["host"] = HOST
        balancer.settings["name_servers"] = [dns.address]
        with balancer:
            assert_all_pass(balancer, sim, sealed=port == "plain")


def test_a_kdc_that_is_away_takes_no_server_out(tmp_path, realm, monkeypatch):
    nobody = tmp_path / "krb5.conf"
    nobody.write_text("[libdefaults]\n default_realm = NO.TEST\n dns_lookup_kdc = false\n[realms]\n NO.TEST = {\n  kdc = 127.0.0.1:9\n }\n",
                      encoding="ascii")
    monkeypatch.setenv("KRB5_CONFIG", str(nobody))
    with WinrmSim("ps1", address="127.0.0.11") as sim, \
         Balancer([sim], pool={"health": deep_checks(tmp_path, "kerberos", user="probe@NO.TEST")}) as balancer:
        assert balancer.await_state("ps1", "up")
        found = await_value(lambda: results(balancer), lambda checks: checks["authenticated"] == "not_made")
        assert found["identify"] == "pass" and found["authenticated"] == "not_made"
        assert balancer.server("ps1")["state"] == "up"
