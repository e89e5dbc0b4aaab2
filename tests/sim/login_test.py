"""Logins and sealing of winrm-sim, by the usual clients: pywinrm, requests_ntlm and curl, unmodified."""

import os
import subprocess

import pytest

import wsman as m
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, LEGACY_CONFIGURATION, WinrmSim, negotiate_environment

winrm = pytest.importorskip("winrm")
requests = pytest.importorskip("requests")
requests_ntlm = pytest.importorskip("requests_ntlm")

if os.environ.get("OPENSSL_CONF") != str(LEGACY_CONFIGURATION):
    pytest.fail(f"NTLM in Python needs MD4 and RC4: set OPENSSL_CONF={LEGACY_CONFIGURATION}", pytrace=False)


def session(url, transport, user=DEFAULT_USER, password=DEFAULT_PASSWORD, **more):
    return winrm.Session(url, auth=(user, password), transport=transport, **more)


def check_work(client):
    result = client.run_cmd("whoami")
    assert (result.status_code, result.std_out) == (0, b"CORP\\svc\r\n")
    assert client.run_cmd("exit", ["7"]).status_code == 7
    assert client.run_ps("Write-Output 'from ps'; hostname").std_out == b"from ps\r\nps1\r\n"
    assert len(client.run_cmd("type", ["700", "KiB"]).std_out) == 700 * 1024


def test_pywinrm_works_over_basic(sim):
    check_work(session(sim.url, "basic"))
    assert sim.shells() == []


def test_pywinrm_works_over_sealed_ntlm(strict):
    check_work(session(strict.url, "ntlm", message_encryption="always"))
    entries = strict.seen()
    assert all(entry["sealed"] for entry in entries if entry["operation"])
    assert {entry["connection"] for entry in entries} == {1}


@pytest.mark.parametrize("transport", ["ssl", "ntlm"])
def test_pywinrm_works_over_tls(strict, transport):
    check_work(session(strict.tls_url, transport, ca_trust_path=str(strict.certificate)))
    assert {entry["port"] for entry in strict.seen()} == {"https"}


def test_pywinrm_seals_inside_tls_too(strict):
    check_work(session(strict.tls_url, "ntlm", ca_trust_path=str(strict.certificate), message_encryption="always"))


def test_plain_soap_after_an_ntlm_login_is_refused_unless_allowed(strict, sim):
    with pytest.raises(winrm.exceptions.InvalidCredentialsError):
        session(strict.url, "ntlm", message_encryption="never").run_cmd("whoami")
    check_work(session(sim.url, "ntlm", message_encryption="never"))


def test_basic_in_the_clear_is_refused_unless_allowed(strict):
    with pytest.raises(winrm.exceptions.InvalidCredentialsError):
        session(strict.url, "basic").run_cmd("whoami")
    assert strict.shells() == []


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
@pytest.mark.parametrize("user, password", [(DEFAULT_USER, "wrong"), ("CORP\\nobody", DEFAULT_PASSWORD)])
def test_wrong_users_and_passwords_are_refused(sim, transport, user, password):
    with pytest.raises(winrm.exceptions.InvalidCredentialsError):
        session(sim.url, transport, user, password).run_cmd("whoami")


@pytest.mark.parametrize("user", ["svc", "corp\\svc", "CORP\\svc"])
def test_a_user_has_one_name_however_the_client_writes_it(sim, user):
    for transport in ("basic", "ntlm"):
        assert session(sim.url, transport, user).run_cmd("whoami").std_out == b"CORP\\svc\r\n"


def test_a_sealed_body_cannot_be_opened_on_another_connection(strict):
    client = session(strict.url, "ntlm", message_encryption="always")
    shell = client.protocol.open_shell()
    strict.cut()
    # The client logs in anew, but sends the body that it sealed under the old login.
    with pytest.raises(winrm.exceptions.WinRMTransportError) as failure:
        client.protocol.run_command(shell, "counter")
    assert failure.value.code == 400
    assert strict.counters() == {}


def test_a_login_belongs_to_its_connection(sim):
    url, headers = sim.url, {"Content-Type": m.SOAP}
    with requests.Session() as logged_in, requests.Session() as stranger:
        auth = requests_ntlm.HttpNtlmAuth(DEFAULT_USER, DEFAULT_PASSWORD)
        assert logged_in.post(url, m.IDENTIFY, headers=headers, auth=auth).status_code == 200
        assert logged_in.post(url, m.IDENTIFY, headers=headers).status_code == 200
        assert stranger.post(url, m.IDENTIFY, headers=headers).status_code == 401


def test_a_message_out_of_order_is_refused(strict):
    client = session(strict.url, "ntlm", message_encryption="always")
    shell = client.protocol.open_shell()
    client.protocol.transport.encryption._encrypt_message(b"swallowed", "host")
    with pytest.raises(winrm.exceptions.WinRMTransportError) as failure:
        client.protocol.run_command(shell, "counter")
    assert failure.value.code == 400 and strict.counters() == {}


@pytest.mark.parametrize("scheme", ["--basic", "--ntlm", "--negotiate"])
def test_curl_logs_in(strict, scheme):
    user = ":" if scheme == "--negotiate" else f"{DEFAULT_USER}:{DEFAULT_PASSWORD}"
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--noproxy", "*", "--cacert", str(strict.certificate), "--max-time", "20",
         scheme, "--user", user, "--header", f"Content-Type: {m.SOAP}", "--data-binary", m.IDENTIFY,
         "--write-out", "%{http_code}", strict.tls_url],
        capture_output=True, text=True, env=negotiate_environment(strict))
    assert done.stdout.endswith("200"), done
    entry = strict.seen()[-1]
    assert (entry["scheme"].lower(), entry["user"]) == (scheme.strip("-"), DEFAULT_USER)


def test_only_the_schemes_asked_for_are_offered():
    with WinrmSim("ps1", auth="basic", allow_unencrypted=True) as sim:
        answer = requests.post(sim.url)
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="WSMAN"'
        assert session(sim.url, "basic").run_cmd("hostname").std_out == b"ps1\r\n"


@pytest.fixture(scope="module", params=["relaxed", "strict"])
def bound(request):
    """A server that looks at channel bindings."""
    with WinrmSim("ps1", https=True, cbt=request.param) as server:
        yield server, request.param


@pytest.mark.parametrize("auth", ["negotiate", "ntlm"])
def test_a_login_bound_to_the_servers_certificate_is_taken(bound, auth):
    with WinrmSim("ps1", https=True, cbt=bound[1], auth=auth) as server:
        check_work(session(server.tls_url, "ntlm", ca_trust_path=str(server.certificate)))


def test_a_login_bound_to_another_certificate_is_refused(bound, monkeypatch):
    server, _ = bound
    monkeypatch.setattr(requests_ntlm.requests_ntlm, "_get_certificate_hash", lambda certificate: "0" * 64)
    server.clear_seen()
    with pytest.raises(winrm.exceptions.InvalidCredentialsError):
        session(server.tls_url, "ntlm", ca_trust_path=str(server.certificate)).run_cmd("whoami")
    assert server.seen()[-1]["refusal"] != "" and server.shells() == []
    # Nothing to be bound to on plain HTTP.
    check_work(session(server.url, "ntlm", message_encryption="always"))


def test_a_login_that_says_nothing_of_its_channel_is_refused_by_strict_only(bound):
    server, level = bound
    silent = session(server.tls_url, "ntlm", ca_trust_path=str(server.certificate), send_cbt=False)
    if level == "relaxed":
        check_work(silent)
    else:
        with pytest.raises(winrm.exceptions.InvalidCredentialsError):
            silent.run_cmd("whoami")
        assert "says nothing of its channel" in server.seen()[-1]["refusal"]


def test_without_hardening_nothing_is_looked_at(strict, monkeypatch):
    monkeypatch.setattr(requests_ntlm.requests_ntlm, "_get_certificate_hash", lambda certificate: "0" * 64)
    check_work(session(strict.tls_url, "ntlm", ca_trust_path=str(strict.certificate)))


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_who_is_no_administrator_logs_in_but_gets_no_shell(transport):
    users = (("CORP", "svc", DEFAULT_PASSWORD), ("CORP", "guest", "Secret-9", "user"))
    with WinrmSim("ps1", users=users, allow_unencrypted=True) as sim:
        with pytest.raises(winrm.exceptions.WinRMError, match="Access is denied"):
            session(sim.url, transport, "CORP\\guest", "Secret-9").run_cmd("whoami")
        refused = sim.seen(operation="Create")[0]
        assert (refused["user"], refused["fault"], refused["status"]) == ("CORP\\guest", 5, 500)
        assert sim.shells() == []
        check_work(session(sim.url, transport))
