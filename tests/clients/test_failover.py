"""What a server's death costs, and what other mishaps look like from outside: to clients, and to who starts winrm-lb."""

import json
import re
import subprocess
import threading
import time

import pytest

from balancer import Balancer, balancer_environment, find_balancer
from many_clients import ask, connect_from, identify
from soak import soak_count
from winrm_sim import WinrmSim

UNAVAILABLE = "2150858772"
CLIENTS = 24


@pytest.fixture(name="sims")
def three_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two, \
         WinrmSim("ps3", address="127.0.0.13", allow_unencrypted=True) as three:
        yield one, two, three


def ask_once(address, balancer):
    with connect_from(address, balancer.plain) as connection:
        return ask(connection, identify(address))


class Client(threading.Thread):
    """Asks on and on, on one connection as long as that lasts. Notes each operation: when it began, whether its
    connection was there already, and how it ended (None: well)."""

    def __init__(self, address, balancer):
        super().__init__()
        self.address, self.balancer = address, balancer
        self.operations, self.enough = [], threading.Event()

    def run(self):
        connection, connected = None, 0.0
        while not self.enough.is_set():
            began = time.monotonic()
            try:
                if connection is None:
                    connection, connected = connect_from(self.address, self.balancer.plain), began
                answer = ask(connection, identify(self.address))
                problem = None if answer.status == 200 else f"status {answer.status}"
            except OSError as error:
                problem = repr(error)
            self.operations.append((began, connected, problem))
            if problem or answer.field("Connection") == "close":
                connection.close()
                connection = None
        if connection:
            connection.close()

    def await_operations(self, count, patience=30):
        until = time.monotonic() + patience
        while len(self.operations) < count and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.operations) >= count, f"{self.address} made no progress"


def count_sent_again(balancer):
    return sum("sent_again" in line for line in balancer.access_log())


def check_kill(balancer, sims, victim, clients):
    """Kills one server under the clients' load: nothing fails but what was in its hands. Its kernel still takes
    connections for an instant while the process dies, so in its hands is what it was given until it was gone."""
    homes = {client.address: balancer.explain(client.address)["server"] for client in clients}
    hit = [client for client in clients if homes[client.address] == victim.name]
    assert hit, "nobody was on the server that is killed"
    before = {client: len(client.operations) for client in clients}
    sent_again = count_sent_again(balancer)
    victim.kill()
    gone = time.monotonic()
    for client in clients:
        client.await_operations(before[client] + 8)

    failed = 0
    for client in clients:
        problems = [operation for operation in client.operations[before[client]:] if operation[2]]
        failed += len(problems)
        assert client in hit or not problems, f"{client.address}, on {homes[client.address]}, failed: {problems}"
        assert all(connected <= gone for _, connected, _ in problems), f"a new connection failed: {problems}"
        assert sum(began > gone for began, _, _ in problems) <= 1, f"{client.address} failed again: {problems}"
    # Identify changes nothing, so that what was in the server's hands may have been asked of another.
    assert failed or balancer.access_log(lambda lines: sum("sent_again" in line for line in lines) > sent_again), \
        "the server held nothing when it was killed: this shows nothing"
    assert all(balancer.explain(client.address)["server"] != victim.name for client in hit)
    print(f"{victim.name} was killed with {len(hit)} of {len(clients)} clients on it: "
          f"{failed} operations failed, all of them in its hands")
    victim.start()
    assert balancer.await_state(victim.name, "up")


def test_a_killed_server_costs_only_what_was_in_its_hands(sims):
    with Balancer(sims, pool={"health": {"interval": "500ms"}}) as balancer:
        for sim in sims:
            sim.fault("slow", delay_ms=30)  # so that nearly always something is in a server's hands
        clients = [Client(f"127.0.1.{i + 1}", balancer) for i in range(CLIENTS)]
        try:
            for client in clients:
                client.start()
            for client in clients:
                client.await_operations(3)
            assert not [one for client in clients for one in client.operations if one[2]]
            for kill in range(max(2, soak_count(30))):
                victim = sims[kill % len(sims)]
                if not any(balancer.explain(client.address)["server"] == victim.name for client in clients):
                    continue
                check_kill(balancer, sims, victim, clients)
                victim.fault("slow", delay_ms=30)
        finally:
            for client in clients:
                client.enough.set()
            for client in clients:
                client.join()
        lines = balancer.access_log(lambda lines: any(line["reason"] == "failover" for line in lines))
        assert all(line["error_side"] == "server" for line in lines if "error_side" in line)


def test_without_any_server_a_client_gets_a_fault_and_is_served_again_after(sims):
    with Balancer(sims, pool={"health": {"interval": "200ms"}}) as balancer:
        address = "127.0.2.1"
        assert ask_once(address, balancer).status == 200
        for sim in sims:
            sim.kill()
        for when in ("just after", "known to the checks"):
            began = time.monotonic()
            answer = ask_once(address, balancer)
            took = time.monotonic() - began
            assert answer.status == 503, when
            assert took < 5, when
            assert int(answer.field("Retry-After")) > 0
            assert answer.field("Content-Type").startswith("application/soap+xml")
            assert UNAVAILABLE in answer.body.decode()
            balancer.await_status(lambda status: all(server["state"] == "down" for server in status["pools"][0]["servers"]))
        for sim in sims:
            sim.start()
            assert balancer.await_state(sim.name, "up")
        assert ask_once(address, balancer).status == 200
        own = balancer.access_log(lambda lines: len(lines) >= 4)
        assert [line["own_reply"] for line in own].count(True) == 2


def test_a_second_instance_on_the_same_ports_is_refused(sims):
    with Balancer(sims) as first:
        second = first.folder / "second.yaml"
        settings = json.loads(first.configuration.read_text(encoding="utf-8"))
        settings["listeners"] = [{"name": "plain", "bind": "{}:{}".format(*first.plain), "pool": "farm"}]
        settings["admin"]["socket"] = str(first.folder / "second.sock")
        settings["log"] = {}
        second.write_text(json.dumps(settings), encoding="utf-8")
        outcome = subprocess.run([find_balancer(), "run", "--config", str(second)], capture_output=True, text=True,
                                 env=balancer_environment(), timeout=60, check=False)
        assert outcome.returncode not in (0, None)
        assert "another process already listens on {}:{}".format(*first.plain) in outcome.stdout + outcome.stderr
        for i in range(16):
            assert ask_once(f"127.0.3.{i + 1}", first).status == 200
        assert len(first.access_log(lambda lines: len(lines) >= 16)) == 16


@pytest.mark.parametrize("words", [["check"], ["run", "--config"]])
def test_a_bad_configuration_ends_with_two_and_says_where(tmp_path, words):
    bad = tmp_path / "winrm-lb.yaml"
    bad.write_text('listeners:\n  - {bind: "127.0.0.1:0", pool: farm}\npools:\n  farm:\n    timeouts: {conect: 2s}\n'
                   "    servers:\n      ps1: {host: 127.0.0.11, port: 99999}\n", encoding="utf-8")
    outcome = subprocess.run([find_balancer(), *words, str(bad)], capture_output=True, text=True,
                             env=balancer_environment(), timeout=60, check=False)
    assert outcome.returncode == 2
    places = re.findall(rf"{re.escape(str(bad))}:(\d+):(\d+): (\S+):", outcome.stdout + outcome.stderr)
    assert ("5", "16") in [place[:2] for place in places], outcome.stderr
    assert ("7", "37") in [place[:2] for place in places], outcome.stderr
