"""Servers come and go under the real process: checks of every kind, drains by command, and what an operator is told."""

import json
import subprocess
import threading
import time

import pytest

import wsman
from balancer import Balancer, await_value, balancer_environment, find_balancer
from many_clients import ask, connect_from, identify
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim


@pytest.fixture(name="sims")
def two_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two:
        yield one, two


FAST = {"interval": "200ms", "timeout": "300ms", "hold_down": "0s"}


def ask_once(address, balancer):
    with connect_from(address, balancer.plain) as connection:
        return ask(connection, identify(address))


def command(balancer, *words, **options):
    return subprocess.run([find_balancer(), *words, "--socket", str(balancer.socket)], capture_output=True, text=True,
                          check=False, env=balancer_environment(), **options)


def log_lines(balancer):
    return [json.loads(line) for line in (balancer.folder / "winrm-lb.log").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("mode, why", [("refuse", "the connection was refused"), ("hang", "no answer in time"),
                                       ("503", "the answer was 503"), ("close", "the connection was closed"),
                                       ("slow", "no answer in time to the request")])
def test_each_mishap_takes_a_server_out_and_says_why(sims, mode, why):
    with Balancer(sims, pool={"health": FAST}) as balancer:
        assert balancer.await_state("ps1", "up")
        sims[0].fault(mode, **({"delay_ms": 2000} if mode == "slow" else {}))
        assert balancer.await_state("ps1", "down")
        assert why in balancer.server("ps1")["why"]
        assert ask_once("127.0.2.1", balancer).status == 200
        sims[0].fault("none")
        assert balancer.await_state("ps1", "up")
        lines = await_value(lambda: log_lines(balancer), lambda lines: any(line["message"] == "server ps1 is down" for line in lines))
        down = next(line for line in lines if line["message"] == "server ps1 is down")
        assert down["level"] == "warn" and why in down["why"]


def test_a_shell_is_made_used_and_deleted_by_the_deepest_check(sims, tmp_path):
    password = tmp_path / "password"
    password.touch(mode=0o600)
    password.write_text(DEFAULT_PASSWORD + "\n", encoding="utf-8")
    health = {**FAST, "probe": ["identify", "authenticated", "shell"], "shell": {"interval": "1s", "command": "hostname", "expect": "ps"},
              "authenticated": {"interval": "1s"}, "account": {"user": DEFAULT_USER, "password_file": str(password)}}
    with Balancer(sims, pool={"health": health}) as balancer:
        for sim in sims:
            assert balancer.await_state(sim.name, "up"), balancer.server(sim.name)
            assert {check["name"]: check["result"] for check in balancer.server(sim.name)["checks"]} == {
                "identify": "pass", "authenticated": "pass", "shell": "pass"}
        assert await_value(lambda: [sim.shells() for sim in sims], lambda shells: shells == [[], []]) == [[], []]
        assert all(sim.seen(checks=True, operation=operation, status=200) for sim in sims
                   for operation in ("Create", "Command", "Receive", "Signal", "Delete"))
        sims[0].fault("slow", operation="Command", delay_ms=100)
        sims[0].fault("reset", operation="Command")
        assert balancer.await_state("ps1", "down")
        assert "shell on" in balancer.server("ps1")["why"]
        sims[0].fault("none")
        assert await_value(sims[0].shells, lambda shells: shells == []) == [], "a failed check left its shell behind"


def test_a_drain_waits_for_sessions_and_names_who_holds_on(sims):
    with Balancer(sims, pool={"health": FAST, "drain": {"opaque_quiet": "1s"}}) as balancer:
        assert balancer.await_state("ps1", "up") and balancer.await_state("ps2", "up")
        holders = {}
        for i in range(1, 5):
            address = f"127.0.2.{i}"
            holders[address] = connect_from(address, balancer.plain)
            assert ask(holders[address], identify(address)).status == 200
        there = [address for address in holders if balancer.explain(address)["server"] == "ps1"]
        assert there
        waiting = subprocess.Popen([find_balancer(), "drain", "ps1", "--wait", "--socket", str(balancer.socket)],
                                   stdout=subprocess.PIPE, text=True, env=balancer_environment())
        first = waiting.stdout.readline()
        assert "ps1 (drain)" in first and there[0] in first
        assert balancer.server("ps1")["mode"] == "drain"
        assert ask_once("127.0.2.9", balancer).status == 200
        assert balancer.explain("127.0.2.9")["server"] == "ps2"
        for address in there:  # who is there goes on
            assert ask(holders[address], identify(address)).status == 200
        assert waiting.poll() is None
        for connection in holders.values():
            connection.close()
        assert waiting.wait(30) == 0
        assert "empty" in waiting.stdout.read()
        assert command(balancer, "ready", "ps1").returncode == 0
        assert balancer.server("ps1")["mode"] == "ready"


def test_a_deadline_ends_what_never_lets_go_and_says_how_many(sims):
    with Balancer(sims, pool={"health": FAST}) as balancer:
        assert balancer.await_state("ps1", "up") and balancer.await_state("ps2", "up")
        clients = {f"127.0.3.{i}": connect_from(f"127.0.3.{i}", balancer.plain) for i in range(1, 5)}
        for address, connection in clients.items():
            assert ask(connection, identify(address)).status == 200
        there = [address for address in clients if balancer.explain(address)["server"] == "ps1"]
        done = command(balancer, "drain", "ps1", "--wait", "--deadline", "1s", timeout=60)
        assert done.returncode == 3, done.stdout + done.stderr
        assert f"{len(there)} session" in done.stdout.splitlines()[-1]
        for address in there:
            assert clients[address].recv(1) == b"", "closed between exchanges"
            assert ask_once(address, balancer).status == 200
            assert balancer.explain(address)["server"] == "ps2"
        for connection in clients.values():
            connection.close()


def test_maintenance_takes_a_server_out_at_once_and_ready_brings_it_back(sims):
    with Balancer(sims, pool={"health": FAST}) as balancer:
        assert balancer.await_state("ps1", "up") and balancer.await_state("ps2", "up")
        assert command(balancer, "maintenance", "ps1").returncode == 0
        for i in range(1, 5):
            assert ask_once(f"127.0.4.{i}", balancer).status == 200
            assert balancer.explain(f"127.0.4.{i}")["server"] == "ps2"
        assert command(balancer, "ready", "ps1").returncode == 0
        assert ask_once("127.0.4.9", balancer).status == 200
        assert balancer.explain("127.0.4.9")["server"] == "ps1", "it has the fewest clients"
        wrong = command(balancer, "drain", "ps7")
        assert wrong.returncode == 1 and "there is no server ps7" in wrong.stderr


def test_a_503_costs_each_client_one_operation(sims):
    with Balancer(sims, pool={"health": {"hold_down": "0s"}}) as balancer:
        assert balancer.await_state("ps1", "up") and balancer.await_state("ps2", "up")
        addresses = [f"127.0.5.{i}" for i in range(1, 11)]
        for address in addresses:
            assert ask_once(address, balancer).status == 200
        failures = dict.fromkeys(addresses, 0)
        sims[0].fault("503")

        def operations(address):
            for _ in range(10):
                failures[address] += ask_once(address, balancer).status != 200
                time.sleep(0.2)

        threads = [threading.Thread(target=operations, args=(address,)) for address in addresses]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert max(failures.values()) <= 1, failures


def test_a_server_that_is_slow_within_its_time_stays_in_service(sims):
    with Balancer(sims, pool={"health": {"interval": "200ms", "timeout": "2s"}}) as balancer:
        assert balancer.await_state("ps1", "up") and balancer.await_state("ps2", "up")
        sims[0].fault("slow", delay_ms=300)
        slow = lambda: max(check.get("took_ms", 0) for check in balancer.server("ps1")["checks"])
        assert await_value(slow, lambda took: took >= 300) >= 300
        assert balancer.server("ps1")["state"] == "up"


def test_a_full_quota_takes_no_server_out(sims):
    with Balancer(sims, pool={"health": FAST}) as balancer:
        assert balancer.await_state("ps1", "up") and balancer.await_state("ps2", "up")
        sims[0].fault("quota", code=2150859173)
        for i in range(1, 7):
            with wsman.Client(balancer, address=f"127.0.6.{i}") as client:
                assert client.ask(wsman.create()).status == 200
        assert balancer.server("ps1")["state"] == "up"
        assert sims[0].seen(operation="Create") and not [line for line in log_lines(balancer) if line["message"] == "server ps1 is down"]


def test_one_that_flaps_every_two_seconds_is_held_down_and_costs_its_clients_less_each_time(sims):
    with Balancer(sims, pool={"health": {"interval": "300ms", "timeout": "300ms", "hold_down": "3s"}}) as balancer:
        assert balancer.await_state("ps1", "up") and balancer.await_state("ps2", "up")
        enough = threading.Event()

        def flap():
            while not enough.is_set():
                sims[0].fault("503")
                enough.wait(2)
                sims[0].fault("none")
                enough.wait(2)

        flapping = threading.Thread(target=flap)
        flapping.start()
        try:
            held = lambda: [line for line in log_lines(balancer) if "stays down for at least" in line.get("why", "")]
            lines = await_value(held, lambda found: len(found) >= 2)
            assert "it fell 2 times in a row and stays down for at least 3s" in lines[0]["why"]
            assert "it fell 3 times in a row and stays down for at least 6s" in lines[1]["why"]
        finally:
            enough.set()
            flapping.join()


def test_a_restart_that_loses_shells_drops_its_pins_and_leaves_it_in_service(sims):
    with Balancer(sims, pool={"health": FAST}) as balancer:
        assert balancer.await_state("ps1", "up") and balancer.await_state("ps2", "up")
        with wsman.Client(balancer, address="127.0.6.1") as client:
            shells = [client.open_shell() for _ in range(4)]
            home = next(sim for sim in sims if sim.name == client.run(shells[0], "hostname"))
            for shell in shells:
                client.start(shell, "more")
            assert home.kill_shells() == 4
            for shell in shells[:2]:
                answer = client.ask(wsman.command(shell, "hostname"))
                assert answer.fault == wsman.NO_SUCH_SHELL
            lines = await_value(lambda: log_lines(balancer), lambda found: any("has restarted" in line["message"] for line in found))
            told = next(line for line in lines if "has restarted" in line["message"])
            assert told["server"] == home.name and told["pins_dropped"] == 2 and told["level"] == "warn"
            assert balancer.server(home.name)["state"] == "up"
            assert client.run(client.open_shell(), "hostname") == home.name, "it stays in service, and the address stays there"
