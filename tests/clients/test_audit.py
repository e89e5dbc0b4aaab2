"""`winrm-lb check --probe`: what it finds at servers that run, and what it says of those that do not fit."""

import json
import subprocess

import pytest

from balancer import Balancer, balancer_environment, find_balancer
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim, make_certificate

PATIENCE = 60


@pytest.fixture(name="farm")
def two_servers(tmp_path):
    certificate, key = make_certificate(tmp_path, name="farm")
    common = {"https": True, "allow_unencrypted": True, "certificate": certificate, "key": key}
    with WinrmSim("ps1", address="127.0.0.11", cbt="strict", **common) as one, \
            WinrmSim("ps2", address="127.0.0.12", cbt="strict", **common) as two:
        yield one, two


def probe(balancer, *words):
    """Of a configuration that is not running: the exit code, and what was said."""
    balancer.write_configuration()
    done = subprocess.run([find_balancer(), "check", str(balancer.configuration), "--probe", *words], capture_output=True,
                          text=True, timeout=PATIENCE, env=balancer_environment())
    return done.returncode, done.stdout


def with_account(balancer, password=DEFAULT_PASSWORD, scheme="basic"):
    file = balancer.folder / "password"
    file.write_text(password + "\n", encoding="utf-8")
    balancer.settings["pools"]["farm"]["health"] = {"account": {"user": DEFAULT_USER, "password_file": str(file), "scheme": scheme}}
    return balancer


def texts(audit, gravity):
    return [one["text"] for one in audit["findings"] if one["gravity"] == gravity]


@pytest.mark.parametrize("scheme", ["basic", "ntlm"])
def test_a_farm_that_is_in_order(farm, scheme):
    balancer = with_account(Balancer(farm, certificate=farm[0].certificate, key=farm[0].key), scheme=scheme)
    code, output = probe(balancer, "--json")
    audit = json.loads(output)
    assert (code, texts(audit, "problem")) == (0, [])
    assert audit["listeners"][1]["channel_binding"] == {"ps1": "holds", "ps2": "holds"}
    for server in audit["pools"][0]["servers"]:
        assert server["login"]["result"] == "pass"
        assert server["version"].startswith("OS: 10.0")
        assert server["config"]["MaxEnvelopeSizekb"] == "500"
        assert server["config"]["Service/Auth/CbtHardeningLevel"].lower() == "strict"
        assert [port["tls"] for port in server["ports"]] == [True, False]
        for port in server["ports"]:
            assert port["result"] == "pass" and abs(port["clock_seconds"]) <= 2
            assert "negotiate" in port["offers"] and "basic" in port["offers"]
        assert server["ports"][0]["certificate"]["days_left"] in (29, 30)
    code, page = probe(balancer)
    assert code == 0 and "no problems" in page and "MaxShellsPerUser" in page


def test_what_would_fail_is_named_with_what_to_do(farm):
    balancer = with_account(Balancer(farm))  # with a certificate of its own
    farm[1].fault("refuse")
    code, output = probe(balancer, "--json")
    problems = texts(json.loads(output), "problem")
    assert code == 3
    assert any("port" in text and "refused" in text for text in problems)
    binding = [text for text in problems if "bind their login" in text]
    assert len(binding) == 1 and "Strict" in binding[0].title() and "mode: passthrough" in binding[0]
    code, page = probe(balancer)
    assert code == 3 and "problem: listener tls pool farm server ps1" in page


def test_an_account_that_a_server_does_not_know_and_a_clock_and_a_silent_server(farm):
    balancer = with_account(Balancer(farm, certificate=farm[0].certificate, key=farm[0].key), "not the password")
    code, output = probe(balancer, "--json")
    audit = json.loads(output)
    assert code == 3
    assert [server["login"]["result"] for server in audit["pools"][0]["servers"]] == ["login_refused"] * 2
    assert all("config" not in server for server in audit["pools"][0]["servers"])
    assert not any(DEFAULT_PASSWORD in text or "not the password" in text for text in output.splitlines())


def test_a_certificate_that_is_not_trusted_is_said_with_what_accepts_it(farm):
    balancer = Balancer(farm)
    del balancer.settings["pools"]["farm"]["server_tls"]
    code, output = probe(balancer, "--json")
    problems = texts(json.loads(output), "problem")
    assert code == 3
    assert any("not trusted" in text and "fingerprint" in text for text in problems)


def test_mistakes_come_before_questions(tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text("listeners: []\n", encoding="utf-8")
    assert subprocess.run([find_balancer(), "check", str(file), "--probe"], capture_output=True,
                          env=balancer_environment()).returncode == 2
