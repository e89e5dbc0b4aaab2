"""The troubles that winrm-sim can be asked for, and its control endpoint."""

import http.client
import socket

import pytest

import wsman as m
from wsman import Client


def test_hang_answers_nothing_and_executes_nothing(sim):
    client = Client(sim, timeout=0.5)
    shell = client.open_shell()
    sim.fault("hang")
    with pytest.raises(socket.timeout):
        client.ask(m.command(shell, "counter"))
    sim.fault("none")
    assert sim.counters() == {}
    assert Client(sim).ask(m.IDENTIFY).status == 200


def test_refuse_closes_the_door_and_opens_it_again_on_the_same_port(sim):
    client = Client(sim)
    assert client.ask(m.IDENTIFY).status == 200
    sim.fault("refuse")
    with pytest.raises(ConnectionRefusedError):
        Client(sim).ask(m.IDENTIFY)
    assert client.ask(m.IDENTIFY).status == 200, "open connections stay"
    sim.fault("none")
    assert Client(sim).ask(m.IDENTIFY).status == 200


@pytest.mark.parametrize("mode, executed", [("reset", True), ("reset_before", True), ("close", False)])
def test_a_lost_answer_leaves_it_open_whether_the_command_ran(sim, mode, executed):
    client = Client(sim)
    shell = client.open_shell()
    sim.fault(mode, operation="Command", count=1)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.ask(m.command(shell, "counter"))
    assert sim.counters() == ({"default": 1} if executed else {})
    assert sim.fault("none")["hits"] == 0
    assert Client(sim).ask(m.command(shell, "counter")).status == 200


def test_slow_answers_late(sim):
    sim.fault("slow", delay_ms=300, count=1)
    Client(sim).ask(m.create())
    entry = sim.seen()[-1]
    assert entry["answered"] - entry["received"] >= 0.3 and entry["trouble"] == "slow"


def test_503_looks_like_that_of_the_http_layer(sim):
    sim.fault("503", count=1)
    client = Client(sim)
    answer = client.ask(m.create())
    assert answer.status == 503 and answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Connection"] == "close"
    assert client.ask(m.create()).status == 200


@pytest.mark.parametrize("code", [2150859173, 2150859176, 2150859179])
def test_quota_refuses_creates_only(sim, code):
    client = Client(sim)
    shell = client.open_shell()
    sim.fault("quota", code=code)
    assert client.ask(m.create()).fault == code
    assert client.ask(m.command(shell, "hostname")).status == 200


def test_a_restart_loses_shells_and_connections(sim):
    client = Client(sim)
    shell = client.open_shell()
    command = client.start(shell, "timeout /t 600")
    client.begin(m.receive(shell, command))
    while not sim.seen(operation="Receive"):
        pass
    assert sim.kill_shells() == 1
    assert client.end().fault == 2150858843
    assert sim.restart() == {"shells": 0, "connections": 1}
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.ask(m.IDENTIFY)


def test_a_killed_server_comes_back_on_its_ports(sim):
    before = sim.http
    sim.kill()
    assert not sim.alive()
    with pytest.raises(ConnectionRefusedError):
        Client(sim).ask(m.IDENTIFY)
    sim.start()
    assert sim.http == before and Client(sim).ask(m.IDENTIFY).status == 200


def test_unfit_troubles_are_refused(sim):
    for wrong in ({"mode": "explode"}, {"mode": "hang", "colour": "red"}, {"mode": "slow", "delay_ms": -1}):
        with pytest.raises(Exception, match="400"):
            sim.ask("POST", "/fault", wrong)
    assert sim.ask("GET", "/fault")["mode"] == "none"


def test_what_was_seen_tells_who_asked_for_what_on_which_connection(sim):
    first, second = Client(sim), Client(sim)
    shell = first.open_shell()
    second.ask(m.command(shell, "hostname"), X_Forwarded_For="192.0.2.7")
    create, command = sim.seen()
    assert (create["operation"], create["shell_id"], create["user"]) == ("Create", shell, "CORP\\svc")
    assert command["shell_id"] == shell and command["forwarded_for"] == "192.0.2.7"
    assert create["connection"] != command["connection"]
    assert command["from"] == "%s:%d" % second.connection.sock.getsockname()
    sim.clear_seen()
    assert sim.seen() == []
