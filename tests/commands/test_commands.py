"""Each command as it is typed, with the right words and with wrong ones: what it does, says and returns."""

import json
import os
import pathlib

import pytest

import wsman
from balancer import POOL, await_value

CLIENT = "127.9.0.1"
DONE, FAILED, MISTAKES, CUT, NONSENSE = 0, 1, 2, 3, 100


def said(desk, *words, code=DONE):
    """What it prints; where it fails, why."""
    done = desk.run(*words)
    assert done.returncode == code, f"{words}: {done.stdout}{done.stderr}"
    if code == DONE:
        assert done.stderr == "", done.stderr
        return done.stdout
    assert done.stderr.startswith("winrm-lb: "), done.stderr
    return done.stderr


def home_of(desk, client):
    return desk.get(f"/pools/{POOL}/clients/{client}").json["server"]


# What shows.

SHOWN = {("status",): "/status", ("clients",): "/pools/-/clients?limit=100", ("shells",): "/shells?limit=100",
         ("plan",): "/pools/-/plan", ("log-level",): "/log-level", ("explain", "--client", CLIENT): f"/explain?client={CLIENT}",
         ("clients", "--server", "ps1", "--limit", "7"): "/pools/-/clients?server=ps1&limit=7"}
MOVING = {"at", "uptime_seconds", "since_seconds", "last_used_seconds", "at_seconds", "took_ms", "passes", "last_check_ms",
          "last_check_seconds", "idle_seconds", "open_seconds"}


def still(value):
    """Without what another moment changes."""
    if isinstance(value, dict):
        return {name: still(one) for name, one in value.items() if name not in MOVING}
    return [still(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_json_is_exactly_what_the_api_answers(desk, words):
    printed = desk.run(*words, "--json")
    answer = desk.get(SHOWN[words])
    assert answer.status == 200
    assert still(json.loads(printed.stdout)) == still(answer.json)
    assert list(json.loads(printed.stdout)) == list(answer.json), "the members stand in another order"


def test_status_shows_servers_and_what_can_be_seen(desk):
    text = said(desk, "status")
    for part in ("ps1", "ps2", "up", "header", "revision"):
        assert part in text


def test_sessions_shells_and_clients_show_who_is_where(desk, balancer):
    with wsman.Client(balancer, address=CLIENT) as client:
        shell = client.open_shell()
        home = home_of(desk, CLIENT)
        sessions = desk.json("sessions", "--client", CLIENT)
        assert sessions["total"] == 1
        session = sessions["sessions"][0]
        assert session["server"] == home and session["pool"] == "farm" and session["idle"] and session["login"] == "basic"
        assert session["session"] in said(desk, "sessions", "--server", home)
        shells = desk.json("shells", "--client", CLIENT)
        assert [one["shell"] for one in shells["shells"]] == [shell]
        assert shell in said(desk, "shells")
        assert CLIENT in said(desk, "clients", "--server", home)
        bound = desk.json("explain", "--session", session["session"])
        assert (bound["server"], bound["reason"]) == (home, "affinity")
        client.run(shell, "hostname")
        client.ask(wsman.delete(shell))


def test_plan_lists_every_client_and_every_failure(desk, balancer):
    plan = desk.json("plan")
    assert [row["client"] for row in plan["plan"]] == ["127.9.0.1", "127.9.0.2"]
    assert {failure["server"] for failure in plan["failures"]} == {"ps1", "ps2"}
    assert said(desk, "plan") == said(desk, "plan", "--config", str(balancer.configuration)), "the file says another plan"


def test_lists_are_shown_in_pages(desk, balancer):
    clients = [wsman.Client(balancer, address=f"127.9.1.{number + 1}") for number in range(3)]
    for client in clients:
        client.ask(wsman.IDENTIFY)
    first = desk.json("sessions", "--limit", "2")
    assert len(first["sessions"]) == 2 and first["total"] == 3
    second = desk.json("sessions", "--limit", "2", "--after", first["next"])
    assert len(second["sessions"]) == 1 and "next" not in second
    assert f"2 of 3 sessions; the next page: --after {first['next']}" in said(desk, "sessions", "--limit", "2")
    for client in clients:
        client.__exit__(None, None, None)


# What changes.

def test_drain_waits_until_the_server_is_empty_and_ready_brings_it_back(desk, balancer):
    with wsman.Client(balancer, address=CLIENT) as client:
        client.ask(wsman.IDENTIFY)
        home = home_of(desk, CLIENT)
        assert "1 session" in said(desk, "drain", home)
        assert desk.json("status")["pools"][0]["servers"][int(home[-1]) - 1]["drain"]["empty"] is False
    assert f"{home} (drain): empty" in said(desk, "drain", home, "--wait")
    assert "ready" in said(desk, "ready", home)
    assert desk.get(f"/pools/{POOL}/servers/{home}").json["mode"] == "ready"


def test_a_drain_that_cuts_something_says_so_by_its_exit_code(desk, balancer):
    with wsman.Client(balancer, address=CLIENT) as client:
        client.open_shell()
        home = home_of(desk, CLIENT)
        done = desk.run("drain", home, "--wait", "--deadline", "1s")
        assert done.returncode == CUT, done.stdout + done.stderr
        assert "at the deadline" in done.stdout
    said(desk, "ready", home)


def test_maintenance_takes_a_server_out_at_once(desk):
    assert "maintenance" in said(desk, "maintenance", "ps2")
    assert desk.json("explain", "--client", "127.9.3.1")["server"] == "ps1"
    said(desk, "ready", "ps2")


def test_a_weight_holds_over_a_reload_and_is_taken_back(desk):
    assert "weight 0, configured 100" in said(desk, "weight", "ps1", "0")
    said(desk, "reload")
    assert desk.json("explain", "--client", "127.9.3.2")["server"] == "ps2"
    assert "weight 100, configured 100" in said(desk, "weight", "ps1")


def test_kick_ends_the_sessions_that_are_meant(desk, balancer):
    with wsman.Client(balancer, address=CLIENT) as mine, wsman.Client(balancer, address="127.9.0.2") as other:
        mine.ask(wsman.IDENTIFY)
        other.ask(wsman.IDENTIFY)
        assert said(desk, "kick", "--client", CLIENT) == "1 session ends\n"
        assert mine.connection.sock.recv(1) == b"", "the session was not ended"
        assert other.ask(wsman.IDENTIFY).status == 200
        session = desk.json("sessions", "--client", "127.9.0.2")["sessions"][0]["session"]
        assert said(desk, "kick", "--session", session, "--now") == "1 session ends\n"
        assert other.connection.sock.recv(1) == b""
        assert await_value(lambda: desk.json("sessions")["total"], lambda total: total == 0) == 0
        assert "no such session" in said(desk, "kick", "--session", session, code=FAILED)


def test_pin_moves_an_address_and_forget_takes_that_back(desk, balancer):
    address = "127.9.4.1"
    with wsman.Client(balancer, address=address) as client:
        client.ask(wsman.IDENTIFY)
        home = home_of(desk, address)
        other = "ps2" if home == "ps1" else "ps1"
        assert f"{address} is at {other}, pinned there; elsewhere until they end: 1 sessions" in said(desk, "pin", address, other)
        assert "kick" in said(desk, "forget", address, code=FAILED), "it has a session"
    await_value(lambda: desk.json("sessions", "--client", address)["total"], lambda total: total == 0)
    with wsman.Client(balancer, address=address) as client:
        client.ask(wsman.IDENTIFY)
        assert desk.json("sessions", "--client", address)["sessions"][0]["server"] == other
    await_value(lambda: desk.json("sessions", "--client", address)["total"], lambda total: total == 0)
    assert said(desk, "forget", address) == f"{address} is forgotten\n"
    assert "has no entry" in said(desk, "forget", address, code=FAILED)


def test_the_log_level_is_set_until_the_next_reload(desk):
    assert said(desk, "log-level") == "info\n"
    assert said(desk, "log-level", "debug") == "debug\n"
    said(desk, "reload")
    assert said(desk, "log-level") == "info\n"


def test_reload_says_what_is_wrong_and_changes_nothing(desk, balancer):
    good = balancer.configuration.read_text(encoding="utf-8")
    revision = desk.json("status")["revision"]
    balancer.configuration.write_text(good.replace('"workers"', '"wrokers"'), encoding="utf-8")
    assert "workers" in said(desk, "reload", code=FAILED)
    assert desk.json("status")["revision"] == revision
    assert "the last reload" in said(desk, "status")
    balancer.configuration.write_text(good, encoding="utf-8")
    assert said(desk, "reload") == f"reloaded, revision {revision + 1}\n"


def test_every_change_is_in_the_log_with_who_and_whence(desk, balancer):
    said(desk, "drain", "ps1", "--deadline", "10m")
    said(desk, "ready", "ps1")
    log = balancer.folder / "winrm-lb.log"

    def changes():
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["message"] == "an operator has changed something"]
    drained = await_value(changes, lambda lines: lines and lines[-1]["operation"] == "ready")[-2]
    assert drained["operation"] == "drain" and drained["arguments"] == '{"deadline_seconds":600}'
    assert drained["who"] == f"uid {os.geteuid()}" and drained["from"].startswith("control socket, pid ")
    assert drained["target"] == "/api/v1/pools/-/servers/ps1/drain"


# What is refused.

WRONG = {
    ("drain", "ps9"): "there is no server ps9; perhaps ps",
    ("drain", "ps1", "--pool", "farn"): "there is no pool farn; perhaps farm was meant",
    ("drain", "ps1", "--deadline", "soon"): "write 90s, 10m or 2h",
    ("drain", "ps1", "--deadline", "10"): "write 90s, 10m or 2h",
    ("weight", "ps1", "heavy"): "is no weight",
    ("weight", "ps1", "1001"): "weight is a whole number, 0 to 1000",
    ("kick",): "session, client, server or pool",
    ("kick", "--client", "nobody"): "is no IP address",
    ("kick", "--session", "xyz"): "a session is named by its id",
    ("pin", "127.9.0.1", "ps9"): "there is no server ps9",
    ("pin", "nobody", "ps1"): "is no IP address",
    ("forget", "127.8.8.8"): "has no entry in pool farm",
    ("explain",): "the address of a client",
    ("explain", "--client", "10.1.2"): "is no IP address",
    ("explain", "--client", "127.0.0.1", "--shell", "x"): "a UUID",
    ("explain", "--client", "127.0.0.1", "--listener", "x"): "there is no listener x",
    ("explain", "--session", "7"): "there is no such session",
    ("clients", "--limit", "0"): "1 to 1000",
    ("sessions", "--after", "xyz"): "the id of a session",
    ("shells", "--server", "ps9"): "there is no server ps9",
    ("log-level", "loud"): "one of trace, debug, info, warn, error",
    ("plan", "none"): "there is no pool none",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_words_are_refused_with_what_would_be_right(desk, words):
    assert WRONG[words] in said(desk, *words, code=FAILED)


@pytest.mark.parametrize("words", [(), ("dance",), ("drain",), ("pin", "127.0.0.1"), ("status", "--nonsense"), ("run",)])
def test_a_command_line_that_makes_no_sense_has_a_code_of_its_own(desk, words):
    assert desk.run(*words).returncode >= NONSENSE


def test_nobody_answers_where_nobody_is(desk):
    desk.socket = desk.socket + ".none"
    assert "no winrm-lb answers on" in said(desk, "status", code=FAILED)


# Who may.

CHANGES = [("drain", "ps1"), ("ready", "ps1"), ("maintenance", "ps1"), ("weight", "ps1", "1"), ("kick", "--server", "ps1"),
           ("pin", "127.9.0.1", "ps1"), ("forget", "127.9.0.1"), ("reload",), ("log-level", "debug")]
NOBODY = 65534


@pytest.fixture(name="reachable")
def program_that_another_user_can_start(balancer):
    if os.geteuid() != 0:
        pytest.skip("another user can be tried by root only")
    folder = pathlib.Path(balancer.folder)
    folder.chmod(0o711)
    program = folder / "winrm-lb"
    if not program.exists():
        from balancer import find_balancer
        program.write_bytes(pathlib.Path(find_balancer()).read_bytes())
        program.chmod(0o755)
    return str(program)


def test_the_group_of_the_socket_may_look(desk, reachable):
    for words in (("status",), ("sessions",), ("clients",), ("explain", "--client", "127.9.0.1"), ("plan",), ("log-level",)):
        done = desk.run(*words, user=NOBODY, program=reachable)
        assert done.returncode == DONE, f"{words}: {done.stderr}"


@pytest.mark.parametrize("words", CHANGES, ids=" ".join)
def test_the_group_of_the_socket_may_change_nothing(desk, reachable, words):
    done = desk.run(*words, user=NOBODY, program=reachable)
    assert done.returncode == FAILED
    assert done.stderr == "winrm-lb: this takes root, or the user that winrm-lb runs as\n"
