"""Kerberos logins and sealing of winrm-sim, with a KDC of its own."""

import base64
import hashlib
import http.client
import re
import ssl
import struct
import subprocess

import pytest

import wsman as m
from apache_gssapi import HOST, REALM, Realm, missing_packages
from gssapi_client import Context
from winrm_sim import WinrmSim

PROTOCOL = "application/HTTP-Kerberos-session-encrypted"


@pytest.fixture(scope="module")
def realm():
    if missing_packages():
        pytest.skip("SKIPPED, no Kerberos logins are tried: not installed: " + ", ".join(missing_packages()))
    with Realm({"alice": "Secret-1"}) as started:
        yield started


@pytest.fixture
def member(realm):
    """A server that is a member of the realm: it has a keytab."""
    users = [(REALM.split(".", maxsplit=1)[0], "alice", "Secret-1")]
    with WinrmSim("ps1", users=users, environment=realm.server_environment()) as server:
        yield server


def test_curl_logs_in_with_its_ticket(realm, member):
    done = subprocess.run(
        ["curl", "-q", "-sS", "--noproxy", "*", "--max-time", "20", "--negotiate", "-u", ":", "-w", "%{http_code}", "-d", "",
         "--connect-to", f"{HOST}:80:{member.http}", f"http://{HOST}/wsman"],
        capture_output=True, text=True, env=realm.kerberos_environment("alice"))
    assert done.stdout == "200", done
    assert member.seen()[-1]["user"] == "WINRM\\alice" and member.seen()[-1]["scheme"] == "Negotiate"


def test_messages_are_sealed_both_ways(realm, member, monkeypatch):
    for name, value in realm.kerberos_environment("alice").items():
        monkeypatch.setenv(name, value)
    client, context = m.Client(member), Context(f"HTTP@{HOST}")
    answer = client.ask("", Authorization="Kerberos " + base64.b64encode(context.step()).decode())
    assert answer.status == 200 and answer.body == b""
    context.step(base64.b64decode(answer.headers["WWW-Authenticate"].split()[1]))
    client.authorization = {}
    for body in (m.IDENTIFY, m.create()):
        signature, sealed = context.seal(body.encode())
        client.begin(
            f"--Encrypted Boundary\r\n\tContent-Type: {PROTOCOL}\r\n"
            f"\tOriginalContent: type={m.SOAP};Length={len(body)}\r\n"
            "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n".encode()
            + struct.pack("<I", len(signature)) + signature + sealed + b"--Encrypted Boundary--\r\n",
            Content_Type=f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"')
        answer = client.end()
        assert answer.status == 200 and PROTOCOL in answer.headers["Content-Type"]
        length = int(re.search(rb"Length=(\d+)\r\n", answer.body)[1])
        start = answer.body.index(b"octet-stream\r\n") + len(b"octet-stream\r\n")
        payload = answer.body[start:answer.body.rindex(b"--Encrypted Boundary--")]
        size = struct.unpack("<I", payload[:4])[0]
        clear = context.open(payload[4:4 + size], payload[4 + size:])
        assert len(clear) == length and (b"IdentifyResponse" in clear or b"ResourceCreated" in clear)
    assert member.shells()[0]["owner"] == "WINRM\\alice"


@pytest.mark.parametrize("cbt, said, status", [
    ("none", "wrong", 200), ("relaxed", "right", 200), ("relaxed", "wrong", 401), ("relaxed", "nothing", 200),
    ("strict", "right", 200), ("strict", "wrong", 401), ("strict", "nothing", 401)])
def test_logins_are_bound_to_the_certificate(realm, monkeypatch, cbt, said, status):
    for name, value in realm.kerberos_environment("alice").items():
        monkeypatch.setenv(name, value)
    with WinrmSim("ps1", https=True, cbt=cbt, environment=realm.server_environment()) as server:
        certificate = ssl.PEM_cert_to_DER_cert(server.certificate.read_text(encoding="ascii"))
        end_point = b"tls-server-end-point:" + hashlib.sha256(certificate).digest()
        channel = {"right": end_point, "wrong": end_point[:-1] + b"?", "nothing": None}[said]
        client = http.client.HTTPSConnection(server.https, context=ssl._create_unverified_context())
        token = base64.b64encode(Context(f"HTTP@{HOST}", channel).step()).decode()
        client.request("POST", "/wsman", "", {"Authorization": f"Kerberos {token}"})
        assert client.getresponse().status == status, server.seen()
