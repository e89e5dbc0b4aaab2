"""The program is replaced while clients work: nobody is refused, nothing is cut, and shells go on. A new program that
is no good leaves the old one serving."""

import os
import signal
import socket
import stat
import threading
import urllib.request

import pytest
import winrm

from balancer import await_value
from many_clients import Answer, ask, connect_from, identify
from service_manager import ServiceManager
from soak import soak_count
from upgrades import Upgradable, is_gone
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim

UPGRADES = max(2, soak_count(20))
NEWCOMERS, KEEPERS = 4, 4


@pytest.fixture(name="sims")
def two_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two:
        yield one, two


@pytest.fixture(name="balancer")
def upgradable_balancer(sims):
    with ServiceManager() as manager, Upgradable(sims, manager) as balancer:
        manager.await_message("READY=1")
        yield balancer


class Load:
    """Clients that work until told to stop. Whatever goes wrong for one is in `troubles`; `done` counts."""

    def __init__(self, balancer):
        self.balancer, self.troubles, self.done = balancer, [], {}
        self._over = threading.Event()
        self._threads = []

    def add(self, name, work):
        self.done[name] = 0

        def run():
            try:
                work(name)
            except Exception as trouble:  # noqa: BLE001  whatever it is, it must not be
                self.troubles.append(f"{name}: {trouble!r}")
        self._threads.append(threading.Thread(target=run))

    def __enter__(self):
        for number in range(NEWCOMERS):
            self.add(f"newcomer {number}", self.comes_anew)
        for number in range(KEEPERS):
            self.add(f"keeper {number}", self.keeps_its_connection)
        self.add("basic", lambda name: self.uses_one_shell(name, "basic", "never"))
        self.add("sealed", lambda name: self.uses_one_shell(name, "ntlm", "always"))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def round_of_all(self):
        """Returns once every client has done something more, or has failed."""
        before = dict(self.done)
        await_value(lambda: self.troubles or all(self.done[name] > count + 1 for name, count in before.items()), bool, patience=60)
        assert not self.troubles

    def comes_anew(self, name):
        address = f"127.0.3.{sorted(self.done).index(name) + 1}"
        while not self._over.is_set():
            with connect_from(address, self.balancer.plain) as connection:
                assert ask(connection, identify(address)).status == 200
            self.done[name] += 1

    def keeps_its_connection(self, name):
        address = f"127.0.4.{sorted(self.done).index(name) + 1}"
        while not self._over.is_set():
            with connect_from(address, self.balancer.plain) as connection:
                answer = None
                while not self._over.is_set() and (answer is None or answer.field("Connection") != "close"):
                    answer = ask(connection, identify(address))
                    assert answer.status == 200
                    self.done[name] += 1

    def uses_one_shell(self, name, transport, encryption):
        client = winrm.Protocol(self.balancer.url, transport=transport, username=DEFAULT_USER, password=DEFAULT_PASSWORD,
                                message_encryption=encryption)
        shell = client.open_shell()
        server = None
        while not self._over.is_set():
            command = client.run_command(shell, "hostname")
            output, _, code = client.get_command_output(shell, command)
            client.cleanup_command(shell, command)
            assert code == 0 and server in (None, output), f"its shell was on {server}, and {output} answered"
            server = output
            self.done[name] += 1
        client.close_shell(shell)
        client.transport.session.close()


def test_under_load_upgrades_cost_nobody_anything(sims, balancer):
    with Load(balancer) as load:
        for _ in range(UPGRADES):
            load.round_of_all()
            balancer.upgrade()
        load.round_of_all()
    assert not load.troubles
    assert not [one for sim in sims for one in sim.executed(times=2)], "nothing was carried out twice"
    assert len(set(balancer.all_pids)) == UPGRADES + 1
    for pid in balancer.all_pids[:-1]:
        assert is_gone(pid, balancer.patience), "an old process ends with its last session"


def test_connections_that_wait_to_be_accepted_are_served_by_the_new_process(balancer):
    crowd = []
    upgrading = threading.Thread(target=balancer.upgrade)
    upgrading.start()
    while upgrading.is_alive():
        crowd.append(connect_from("127.0.2.1", balancer.plain))
        if len(crowd) >= 300:
            break
    upgrading.join()
    for connection in crowd:
        with connection:
            assert ask(connection, identify("one of a crowd")).status == 200


def test_an_exchange_that_has_begun_ends_where_it_began(sims, balancer):
    for sim in sims:
        sim.fault("slow", delay_ms=6000)
    with connect_from("127.0.2.1", balancer.plain) as connection:
        connection.sendall(identify("127.0.2.1"))
        assert await_value(lambda: sum(balancer.server(sim.name)["sessions"] for sim in sims), lambda now: now == 1) == 1
        balancer.upgrade()
        old = balancer.all_pids[0]
        assert not is_gone(old) and balancer.status()["sessions"] == 0
        answer = Answer()
        while not answer.complete:
            answer.take(connection.recv(65536))
        assert answer.status == 200 and answer.field("Connection") == "close"
        assert is_gone(old, balancer.patience)


def test_the_old_process_ends_when_it_is_told_to(sims, balancer):
    with connect_from("127.0.2.1", balancer.plain) as connection:
        assert ask(connection, identify("x")).status == 200
        balancer.upgrade()
        old = balancer.all_pids[0]
        assert not is_gone(old), "its client may ask again"
        os.kill(old, signal.SIGTERM)
        assert is_gone(old, balancer.patience)
        assert connection.recv(1) == b""


def test_the_admin_port_and_the_control_socket_move_along(sims):
    with ServiceManager() as manager:
        balancer = Upgradable(sims, manager)
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = "{}:{}".format(*free.getsockname())
        balancer.settings["admin"]["bind"] = address
        with balancer:
            manager.await_message("READY=1")
            for _ in range(2):
                balancer.upgrade()
                assert urllib.request.urlopen(f"http://{address}/livez", timeout=10).status == 200
                assert balancer.status()["workers"] == 2
            assert is_gone(balancer.all_pids[0], balancer.patience)
            assert balancer.socket.exists(), "the old process left the new one's socket alone"
            assert not list(balancer.folder.glob("control.sock.*"))


def test_another_number_of_workers_is_taken_as_well(sims):
    with ServiceManager() as manager, Upgradable(sims, manager, workers=2) as balancer:
        manager.await_message("READY=1")
        for workers in (3, 1):
            balancer.settings["workers"] = workers
            balancer.settings["listeners"][0]["bind"] = "{}:{}".format(*balancer.plain)
            balancer.write_configuration()
            balancer.upgrade()
            for number in range(1, 33):
                with connect_from(f"127.0.2.{number}", balancer.plain) as connection:
                    assert ask(connection, identify("x")).status == 200


def program(balancer, text):
    path = balancer.folder / "other-program"
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


BROKEN = {
    "ends at once": "#!/bin/sh\nexit 3\n",
    "no program": "this is no program\n",
    "speaks another protocol": """#!/usr/bin/python3
import os, socket
pair = socket.socket(fileno=int(os.environ["WINRM_LB_HANDOVER"]))
pair.send(b'{"message": "hello", "protocol": 99}')
pair.recv(1)
""",
    "talks nonsense": """#!/usr/bin/python3
import os, socket
pair = socket.socket(fileno=int(os.environ["WINRM_LB_HANDOVER"]))
pair.send(b'serving')
pair.recv(1)
""",
    "claims to serve too soon": """#!/usr/bin/python3
import os, socket
pair = socket.socket(fileno=int(os.environ["WINRM_LB_HANDOVER"]))
pair.send(b'{"message": "serving"}')
pair.recv(1)
""",
    "dies before it serves": """#!/usr/bin/python3
import os, socket
pair = socket.socket(fileno=int(os.environ["WINRM_LB_HANDOVER"]))
pair.send(b'{"message": "hello", "protocol": 1}')
while b"offered" not in socket.recv_fds(pair, 65536, 253)[0]:
    pass
pair.send(b'{"message": "prepared"}')
assert b"state" in socket.recv_fds(pair, 65536, 253)[0]
""",
}


def refused_upgrades(balancer):
    return balancer.log_text().count("this process goes on") + balancer.log_text().count("this one goes on")


def test_a_new_program_that_is_no_good_leaves_the_old_one_serving(balancer):
    for times, (what, text) in enumerate(BROKEN.items(), start=1):
        balancer.replace_program(program(balancer, text))
        os.kill(balancer.pid, signal.SIGUSR2)
        assert await_value(lambda: refused_upgrades(balancer), lambda seen, times=times: seen >= times) == times, what  # noqa: B023
        with connect_from("127.0.2.1", balancer.plain) as connection:
            assert ask(connection, identify("x")).status == 200, what
    assert balancer.alive() and balancer.manager.main_pid is None


def test_going_back_after_an_upgrade_is_the_same_again(sims, balancer):
    good = balancer.folder / "good"
    good.write_bytes(balancer.program.read_bytes())
    good.chmod(0o755)
    with connect_from("127.0.2.9", balancer.plain) as connection:
        assert ask(connection, identify("x")).status == 200
        balancer.upgrade()
        balancer.replace_program(program(balancer, BROKEN["ends at once"]))
        os.kill(balancer.pid, signal.SIGUSR2)
        assert await_value(lambda: refused_upgrades(balancer), lambda seen: seen == 1) == 1
        balancer.replace_program(good)
        balancer.upgrade()
        assert ask(connection, identify("x")).status == 200, "its session was in the first process all the time"


def test_a_configuration_with_mistakes_does_not_come_to_power(balancer):
    good = balancer.configuration.read_text(encoding="utf-8")
    balancer.configuration.write_text(good.replace('"farm"', '"barn"', 1), encoding="utf-8")
    os.kill(balancer.pid, signal.SIGUSR2)
    assert await_value(balancer.log_text, lambda text: "does not take over" in text).count("there is no pool barn") == 1
    with connect_from("127.0.2.1", balancer.plain) as connection:
        assert ask(connection, identify("x")).status == 200
    balancer.configuration.write_text(good, encoding="utf-8")
    balancer.upgrade()


def test_addresses_shells_and_drains_are_known_to_the_new_process(sims):
    with ServiceManager() as manager, Upgradable(sims, manager) as balancer:
        manager.await_message("READY=1")
        addresses = [f"127.0.5.{number}" for number in range(1, 13)]
        for address in addresses:
            with connect_from(address, balancer.plain) as connection:
                assert ask(connection, identify(address)).status == 200
        client = winrm.Protocol(balancer.url, transport="basic", username=DEFAULT_USER, password=DEFAULT_PASSWORD)
        shell = client.open_shell()
        client.transport.session.close()
        before = {address: balancer.explain(address)["server"] for address in addresses}
        assert set(before.values()) == {"ps1", "ps2"}
        for _ in range(2):
            balancer.upgrade()
            assert {address: balancer.explain(address)["server"] for address in addresses} == before
            assert sum(balancer.server(sim.name)["clients"] for sim in sims) == len(addresses) + 1
        for sim in sims:
            sim.clear_seen()
        command = client.run_command(shell, "hostname")
        assert client.get_command_output(shell, command)[2] == 0
        assert {one["status"] for sim in sims for one in sim.seen()} == {200}, "nobody was asked who did not know the shell"
        balancer.ask("drain", "ps2")
        balancer.upgrade()
        assert balancer.server("ps2")["mode"] == "drain"
        client.close_shell(shell)
        client.transport.session.close()


def test_the_state_on_disk_moves_along(sims):
    with ServiceManager() as manager:
        balancer = Upgradable(sims, manager)
        balancer.settings["state"] = {"store": "file", "path": str(balancer.folder / "state")}
        with balancer:
            manager.await_message("READY=1")
            servers = {}
            for number in range(1, 9):
                address = f"127.0.5.{number}"
                with connect_from(address, balancer.plain) as connection:
                    assert ask(connection, identify(address)).status == 200
                servers[address] = balancer.explain(address)["server"]
                if number % 4 == 0:
                    balancer.upgrade()
            balancer.settings["listeners"][0]["bind"] = "{}:{}".format(*balancer.plain)
            balancer.stop()
            balancer.start()
            assert {address: balancer.explain(address)["server"] for address in servers} == servers
