"""As a service: what the service manager is told, the sockets that it passes and keeps, and its watchdog."""

import os
import signal
import socket
import time
import urllib.error
import urllib.request

import pytest

from balancer import Balancer, await_value
from many_clients import ask, connect_from, identify
from service_manager import ServiceManager
from stopped_thread import Stopped, thread_named
from winrm_sim import WinrmSim

WATCHDOG = 4.0


@pytest.fixture(name="sim", scope="module")
def one_server():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as sim:
        yield sim


@pytest.fixture(name="manager")
def service_manager():
    with ServiceManager() as manager:
        yield manager


def listening(address="127.0.0.1"):
    sock = socket.socket()
    sock.bind((address, 0))
    sock.listen(64)
    return sock


def bind_text(sock):
    return "{}:{}".format(*sock.getsockname())


def answers(balancer, address="127.0.2.1"):
    with connect_from(address, balancer.plain) as connection:
        return ask(connection, identify(address)).status == 200


# What it says.


def test_it_says_that_it_is_ready_once_clients_are_served(sim, manager):
    with Balancer([sim], environment=manager.environment) as balancer:
        message = manager.await_message("READY=1")
        assert message.pid == balancer.pid
        assert manager.await_message("STATUS=0 sessions, 1 of 1 servers up")
        with connect_from("127.0.2.1", balancer.plain) as connection:
            assert ask(connection, identify("x")).status == 200
            assert manager.await_message("STATUS=1 sessions, 1 of 1 servers up")
        assert balancer.stop() == 0
        assert manager.await_message("STOPPING=1")


def test_a_reload_says_when_it_begins_and_when_it_is_over(sim, manager):
    with Balancer([sim], environment=manager.environment) as balancer:
        manager.await_message("READY=1")
        os.kill(balancer.pid, signal.SIGHUP)
        began, over = manager.await_message("RELOADING=1"), manager.await_message("READY=1", times=2)
        assert began.at <= over.at and int(began.lines["MONOTONIC_USEC"]) > 0


# How it ends.


def readiness(balancer, admin):
    try:
        return urllib.request.urlopen(f"http://{admin}/readyz", timeout=5).status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_during_the_lead_it_is_not_ready_and_serves(sim, manager):
    balancer = Balancer([sim], environment=manager.environment)
    admin = socket.create_server(("127.0.0.1", 0))
    address = bind_text(admin)
    admin.close()
    balancer.settings["admin"]["bind"] = address
    balancer.settings["shutdown"] = {"lead": "1h", "deadline": "0s"}
    with balancer:
        assert await_value(lambda: readiness(balancer, address), lambda code: code == 200) == 200
        os.kill(balancer.pid, signal.SIGTERM)
        assert await_value(lambda: readiness(balancer, address), lambda code: code == 503) == 503
        manager.await_message("STOPPING=1")
        assert answers(balancer), "who comes is served until the virtual address has left"
        assert balancer.stop() == 0, "a second signal ends it at once"


def test_what_is_cut_at_the_deadline_is_counted_in_the_log(sim):
    balancer = Balancer([sim])
    balancer.settings["shutdown"] = {"deadline": "100ms"}
    with balancer:
        sim.fault("hang")
        with connect_from("127.0.2.1", balancer.plain) as connection:
            connection.sendall(identify("127.0.2.1"))
            assert await_value(lambda: balancer.server("ps1")["sessions"], lambda now: now == 1) == 1
            assert balancer.stop() == 0
            assert b"HTTP/1.1 200" not in connection.recv(65536)
        sim.fault("none")
        log = (balancer.folder / "winrm-lb.log").read_text(encoding="utf-8")
        assert '"what is left is cut","sessions":1' in log


# Sockets that are passed.


def test_sockets_are_taken_by_the_name_of_their_listener(sim, manager):
    with listening() as passed:
        launcher = manager.launcher([("plain", passed)])
        with Balancer([sim], launcher=launcher, environment=manager.environment, pass_fds=[passed.fileno()], workers=4) as balancer:
            assert balancer.plain == passed.getsockname()
            assert all(answers(balancer, f"127.0.2.{number}") for number in range(1, 20))


def test_sockets_are_taken_by_their_address(sim, manager):
    with listening() as passed:
        balancer = Balancer([sim], launcher=manager.launcher([("winrm-lb.socket", passed)]), pass_fds=[passed.fileno()])
        balancer.settings["listeners"][0]["bind"] = bind_text(passed)
        with balancer:
            assert balancer.plain == passed.getsockname() and answers(balancer)


def test_a_restart_with_passed_sockets_refuses_nobody(sim, manager):
    with listening() as passed:
        balancer = Balancer([sim], launcher=manager.launcher([("plain", passed)]), pass_fds=[passed.fileno()])
        with balancer:
            assert answers(balancer)
            balancer.stop()
            waiting = [connect_from(f"127.0.2.{number}", passed.getsockname()) for number in range(1, 9)]
            for number, connection in enumerate(waiting):
                connection.sendall(identify(f"client {number}"))
            balancer.start()
            for connection in waiting:
                with connection:
                    assert ask(connection, b"").status == 200


def test_a_socket_that_no_listener_has_is_closed_with_a_warning(sim, manager):
    with listening() as passed, listening() as stray:
        launcher = manager.launcher([("plain", passed), ("old", stray)])
        with Balancer([sim], launcher=launcher, pass_fds=[passed.fileno(), stray.fileno()]) as balancer:
            assert answers(balancer)
            log = (balancer.folder / "winrm-lb.log").read_text(encoding="utf-8")
            assert "no listener of the configuration has" in log and bind_text(stray) in log


def test_what_is_no_listening_socket_keeps_it_from_starting(sim, manager):
    with socket.socket() as passed:
        balancer = Balancer([sim], launcher=manager.launcher([("plain", passed)]), pass_fds=[passed.fileno()])
        with pytest.raises(RuntimeError, match="'plain' cannot be used"):
            balancer.start()


# Sockets that are kept over a crash.


def test_after_a_crash_clients_that_waited_meanwhile_are_served(sim, manager):
    with Balancer([sim], environment=manager.environment, workers=2) as balancer:
        manager.await_message("READY=1")
        assert await_value(lambda: len(manager.stored), lambda kept: kept == 2) == 2, "one of each worker"
        assert answers(balancer)
        os.kill(balancer.pid, signal.SIGKILL)
        balancer._process.wait()
        waiting = [connect_from(f"127.0.2.{number}", balancer.plain) for number in range(1, 17)]
        for connection in waiting:
            connection.sendall(identify("one who waits"))
        kept = [socket.socket(fileno=descriptor) for descriptor in manager.stored]
        balancer.settings["listeners"][0]["bind"] = "{}:{}".format(*balancer.plain)
        balancer.launcher = manager.launcher([("winrm-lb", one) for one in kept])
        balancer.pass_fds = [one.fileno() for one in kept]
        balancer.start()
        for connection in waiting:
            with connection:
                assert ask(connection, b"").status == 200
        for one in kept:
            one.detach()


def test_an_orderly_end_leaves_no_socket_behind(sim, manager):
    with Balancer([sim], environment=manager.environment) as balancer:
        assert await_value(lambda: len(manager.stored), lambda kept: kept == 2) == 2
        assert balancer.stop() == 0
        manager.await_message("FDSTOREREMOVE=1")
        with pytest.raises(ConnectionRefusedError):
            connect_from("127.0.2.1", balancer.plain)


# The watchdog.

def test_the_watchdog_is_fed_while_all_workers_turn(sim):
    with ServiceManager(watchdog=WATCHDOG) as manager, Balancer([sim], environment=manager.environment):
        first = manager.await_message("WATCHDOG=1")
        later = manager.await_message("WATCHDOG=1", times=4)
        assert later.at - first.at < WATCHDOG * 1.5, "idle workers turn as well"


def test_a_worker_that_stands_still_starves_the_watchdog(sim):
    with ServiceManager(watchdog=WATCHDOG) as manager, Balancer([sim], environment=manager.environment) as balancer:
        manager.await_message("WATCHDOG=1")
        with Stopped(thread_named(balancer.pid, "worker 1")):
            stopped = time.monotonic()
            assert await_value(lambda: "a worker stands still" in (balancer.folder / "winrm-lb.log").read_text(encoding="utf-8"),
                               lambda said: said)
            assert time.monotonic() - stopped < WATCHDOG * 2
            assert manager.is_silent("WATCHDOG=1", WATCHDOG), "systemd would restart it now"
            said = len(manager.heard("WATCHDOG=1"))
        manager.await_message("WATCHDOG=1", times=said + 1)
        assert answers(balancer)


def test_without_a_watchdog_nothing_is_fed(sim, manager):
    with Balancer([sim], environment=manager.environment) as balancer:
        manager.await_message("READY=1")
        balancer.stop()
        assert not manager.heard("WATCHDOG=1")
