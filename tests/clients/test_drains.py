"""A server is emptied under clients that never stop: `winrm-lb drain NAME --wait` with pywinrm and with clients that seal."""

import os
import signal
import subprocess
import threading
import time

import pytest

import wsman
from balancer import Balancer, await_value, balancer_environment, find_balancer
from sealing_client import NtlmLogin, SealingClient, gssapi
from test_pywinrm import printed, session_from
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim

pytestmark = pytest.mark.skipif(gssapi is None, reason="SKIPPED, nothing is sealed: not installed: python3-gssapi")
ADDRESS = "127.0.7.1"


@pytest.fixture(name="sims")
def two_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two:
        yield one, two


def farm(sims, opaque_quiet):
    return Balancer(sims, pool={"health": {"interval": "500ms"}, "drain": {"opaque_quiet": opaque_quiet}})


def drain(balancer, name, *words):
    return subprocess.Popen([find_balancer(), "drain", name, "--wait", *words, "--socket", str(balancer.socket)],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=balancer_environment())


class Tasks(threading.Thread):
    """Does one task after the other, and notes where each ran (its hostname) and what went wrong."""

    def __init__(self, task, pause=0.0):
        super().__init__(daemon=True)
        self.task, self.pause = task, pause
        self.hosts, self.problems, self.enough = [], [], threading.Event()

    def __enter__(self):
        self.start()
        self.await_tasks(2)
        return self

    def __exit__(self, *_):
        self.enough.set()
        self.join(60)

    def run(self):
        while not self.enough.is_set():
            try:
                self.hosts.append(self.task())
            except Exception as error:  # whatever a client can raise is what the test is after
                self.problems.append(repr(error))
            self.enough.wait(self.pause)

    def await_tasks(self, count):
        until = time.monotonic() + 60
        while len(self.hosts) < count and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.hosts) >= count, self.problems


def pywinrm_task(balancer, way):
    """A shell, a command and the end of the shell, and of the connection, as a scheduler starts them."""
    def task():
        session = session_from(balancer, ADDRESS, way)
        try:
            return printed(session.run_cmd("hostname"))[0]
        finally:
            if session.protocol.transport.session:
                session.protocol.transport.session.close()
    return task


@pytest.mark.parametrize("way, opaque_quiet, pause", [("basic_plain", "120s", 0.0), ("ntlm_sealed", "1s", 1.6), ("ntlm_sealed", "0ms", 0.05)],
                         ids=["visible_back_to_back", "sealed_and_quiet_at_times", "sealed_back_to_back"])
def test_a_drain_ends_under_tasks_back_to_back_and_none_of_them_fails(sims, way, opaque_quiet, pause):
    with farm(sims, opaque_quiet) as balancer, Tasks(pywinrm_task(balancer, way), pause) as tasks:
        home = tasks.hosts[-1]
        waiting = drain(balancer, home)
        output, _ = waiting.communicate(timeout=90)
        assert waiting.returncode == 0, output
        assert "empty" in output.splitlines()[-1]
        tasks.await_tasks(len(tasks.hosts) + 3)
        assert tasks.hosts[-1] != home
    assert not tasks.problems
    assert not next(sim for sim in sims if sim.name == home).shells()


def test_one_connection_that_opens_shell_after_shell_by_basic_leaves_a_drain_without_an_error(sims):
    with farm(sims, "120s") as balancer, wsman.Client(balancer, address=ADDRESS) as client:
        def task():
            shell = client.open_shell()
            host = client.run(shell, "hostname")
            assert client.ask(wsman.delete(shell)).status == 200
            return host

        with Tasks(task) as tasks:
            home = tasks.hosts[-1]
            waiting = drain(balancer, home)
            output, _ = waiting.communicate(timeout=90)
            assert waiting.returncode == 0, output
            tasks.await_tasks(len(tasks.hosts) + 3)
            assert tasks.hosts[-1] != home, "its new shells go elsewhere, though its connection is the same"
        assert not tasks.problems
        assert client.connection.sock is not None
    assert len({entry["connection"] for entry in next(sim for sim in sims if sim.name == home).seen()}) == 1


def test_a_sealed_client_that_never_lets_go_is_named_and_cut_between_exchanges_at_the_deadline(sims):
    with farm(sims, "0ms") as balancer, \
         SealingClient(balancer, NtlmLogin(DEFAULT_USER, DEFAULT_PASSWORD), address=ADDRESS) as client:
        shell = client.open_shell()
        home = client.run(shell, "hostname")
        waiting = drain(balancer, home)
        first = waiting.stdout.readline()
        assert f"{ADDRESS} (1 session" in first, first
        assert client.run(shell, "hostname") == home, "it goes on"
        assert waiting.poll() is None
        waiting.terminate()
        waiting.wait()

        cut, answers = [], []

        def use():
            while not cut:
                try:
                    answers.append(client.run(shell, "hostname"))
                except (OSError, AssertionError, wsman.http.client.HTTPException) as error:
                    cut.append(error)

        using = threading.Thread(target=use)
        using.start()
        done = drain(balancer, home, "--deadline", "1s")
        output, _ = done.communicate(timeout=90)
        using.join(60)
        assert done.returncode == 3, output
        assert "1 session" in output.splitlines()[-1] and "cut" in output.splitlines()[-1], output
        assert answers and set(answers) == {home}
        assert not [line for line in balancer.access_log() if line.get("error") == "server_down"], "no exchange was cut in two"
        assert balancer.explain(ADDRESS)["server"] != home


def test_the_configuration_drains_a_server_and_brings_it_back_as_a_command_does(sims):
    with farm(sims, "0ms") as balancer, wsman.Client(balancer, address=ADDRESS) as client:
        shell = client.open_shell()
        home = client.run(shell, "hostname")
        servers = balancer.settings["pools"]["farm"]["servers"]

        def reload_with(state, mode):
            servers[home]["state"] = state
            balancer.write_configuration()
            os.kill(balancer.pid, signal.SIGHUP)
            assert await_value(lambda: balancer.server(home)["mode"], lambda now: now == mode) == mode

        reload_with("drain", "drain")
        assert client.run(shell, "hostname") == home, "what lives there stays"
        for number in range(2, 8):
            with wsman.Client(balancer, address=f"127.0.7.{number}") as other:
                assert other.run(other.open_shell(), "hostname") != home
        reload_with("ready", "ready")
        assert client.run(shell, "hostname") == home
        with wsman.Client(balancer, address="127.0.7.9") as other:
            assert other.run(other.open_shell(), "hostname") == home, "it has the fewest clients"
