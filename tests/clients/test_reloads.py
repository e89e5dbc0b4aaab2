"""Reloads under load, good ones and bad ones: no exchange fails, no address moves, sealed sessions go on, and memory does
not grow."""

import contextlib
import copy
import pathlib
import random
import shutil
import socket
import subprocess
import threading

import pytest

from balancer import Balancer, balancer_environment, find_balancer, has_plain_allocator, server_settings
from lasting_clients import Lasting, NewConnections, Sealed, Shells, lasting
from many_clients import ask, connect_from, identify
from sealing_client import gssapi
from soak import soak_count
from test_pywinrm import printed, session_from
from winrm_sim import WinrmSim, make_certificate

RELOADS = max(12, soak_count(500))
MEGABYTE = 1 << 20


@pytest.fixture(name="sims", scope="module")
def four_servers(tmp_path_factory):
    certificate, key = make_certificate(tmp_path_factory.mktemp("certificate"))
    options = {"https": True, "certificate": certificate, "key": key, "allow_unencrypted": True}
    with WinrmSim("ps1", address="127.0.0.11", **options) as one, WinrmSim("ps2", address="127.0.0.12", **options) as two, \
         WinrmSim("ps3", address="127.0.0.13", **options) as three, WinrmSim("ps4", address="127.0.0.14", **options) as four:
        yield one, two, three, four


class Pywinrm(Lasting):
    """pywinrm, unmodified: a shell for each command."""

    def __init__(self, balancer, address, way):
        super().__init__(balancer, address)
        self.session = session_from(balancer, address, way)

    def operate(self):
        return printed(self.session.run_cmd("hostname"))[0]


class Visitors(Lasting):
    """A new address each time, of two thousand: more would fill the affinity table, and that is memory too."""

    def operate(self):
        address = f"127.0.{20 + self.done // 250 % 8}.{1 + self.done % 250}"
        with connect_from(address, self.balancer.plain) as connection:
            answer = ask(connection, identify(address))
        assert answer.status == 200, answer.head
        return ""


class Running:
    """Threads that run within."""

    def __init__(self, threads, enough):
        self.threads, self.enough = threads, enough

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.enough.set()
        for thread in self.threads:
            thread.join()


class Reloads:
    """One way to change the configuration after the other; each says whether it must be taken."""

    def __init__(self, balancer, sims):
        self.balancer, self.spare = balancer, sims[3]
        self.certificates = [self.balancer.folder / "first", self.balancer.folder / "second"]
        self.kinds = [self.nothing, self.server_comes, self.server_changes, self.unknown_key, self.certificate_changes,
                      self.listener_comes, self.server_drains, self.file_is_not_there, self.server_goes, self.no_yaml,
                      self.listener_changes, self.listener_goes]
        self.taken = self.refused = 0

    def run(self, number):
        good = copy.deepcopy(self.balancer.settings)
        must_be_taken = self.kinds[number % len(self.kinds)](self.balancer.settings) is not False
        if must_be_taken or self.kinds[number % len(self.kinds)] != self.no_yaml:
            self.balancer.write_configuration()
        done = subprocess.run([find_balancer(), "reload", "--socket", str(self.balancer.socket)], capture_output=True,
                              env=balancer_environment(), text=True)
        assert (done.returncode == 0) == must_be_taken, f"reload {number}: {done.stdout}{done.stderr}"
        if must_be_taken:
            self.taken += 1
        else:
            self.refused += 1
            self.balancer.settings = good

    def servers(self, settings):
        return settings["pools"]["farm"]["servers"]

    def nothing(self, settings):
        pass

    def server_comes(self, settings):
        self.servers(settings)["ps4"] = server_settings(self.spare)

    def server_changes(self, settings):
        self.servers(settings)["ps4"]["weight"] = 50
        settings["pools"]["farm"]["timeouts"] = {"connect": "1900ms"}

    def server_drains(self, settings):
        self.servers(settings)["ps4"]["state"] = "drain"

    def server_goes(self, settings):
        del self.servers(settings)["ps4"]

    def unknown_key(self, settings):
        settings["pools"]["farm"]["colour"] = "blue"
        self.servers(settings)["ps1"]["state"] = "maintenance"
        return False

    def file_is_not_there(self, settings):
        settings["listeners"][1]["tls"]["certificate"] = str(self.balancer.folder / "none.pem")
        del self.servers(settings)["ps2"]
        return False

    def no_yaml(self, _):
        self.balancer.configuration.write_text("{ this is: [no configuration", encoding="utf-8")
        return False

    def certificate_changes(self, settings):
        self.certificates.reverse()
        for name in ("certificate", "key"):
            shutil.copy(self.certificates[0] / name, settings["listeners"][1]["tls"][name])

    def listener_comes(self, settings):
        settings["listeners"].append({"name": "extra", "bind": "127.0.0.1:0", "pool": "farm"})

    def listener_changes(self, settings):
        settings["listeners"][0]["limits"] = {"sessions": 5000 + self.taken}
        settings["listeners"][1]["tls"]["min_version"] = "1.2" if self.taken % 2 else "1.3"

    def listener_goes(self, settings):
        settings["listeners"].pop()


def with_two_certificates(balancer):
    """The listener's certificate is one of two, and clients trust both."""
    trusted = ""
    for name in ("first", "second"):
        folder = balancer.folder / name
        folder.mkdir()
        certificate, key = make_certificate(folder, name=name)
        certificate.rename(folder / "certificate")
        key.rename(folder / "key")
        trusted += (folder / "certificate").read_text(encoding="ascii")
    tls = balancer.settings["listeners"][1]["tls"]
    for name in ("certificate", "key"):
        tls[name] = str(balancer.folder / f"in-use-{name}")
        shutil.copy(balancer.folder / "first" / name, tls[name])
    balancer.certificate = balancer.folder / "trusted.pem"
    balancer.certificate.write_text(trusted, encoding="ascii")


def test_no_reload_costs_anybody_anything(sims):
    balancer = Balancer(sims[:3], workers=2, pool={"health": {"interval": "200ms"}})
    with_two_certificates(balancer)
    with balancer:
        clients = [Shells(balancer, "127.0.6.1"), Shells(balancer, "127.0.6.2"), NewConnections(balancer, "127.0.6.3"),
                   Pywinrm(balancer, "127.0.6.4", "basic_plain"), Pywinrm(balancer, "127.0.6.5", "basic_tls"),
                   Pywinrm(balancer, "127.0.6.6", "ntlm_sealed"), Visitors(balancer, "127.0.20.1")]
        if gssapi:
            clients += [Sealed(balancer, "127.0.6.7"), Sealed(balancer, "127.0.6.8")]
        with lasting(clients):
            for client in clients:
                client.await_operations(2)
            reloads, memory = Reloads(balancer, sims), []
            for number in range(RELOADS):
                reloads.run(number)
                for client in clients:
                    client.await_operations(1)
                assert not any(client.problems for client in clients), [client.problems for client in clients]
                if number % len(reloads.kinds) == len(reloads.kinds) - 1:
                    memory.append(balancer.anonymous_bytes())
        problems = [problem for client in clients for problem in client.problems]
        assert not problems, problems
        assert all(len(client.servers) == 1 for client in clients), {client.address: client.servers for client in clients}
        operations = sum(client.done for client in clients)
        print(f"{reloads.taken} reloads taken and {reloads.refused} refused during {operations} operations: none failed, no "
              f"address moved; memory in MiB: {[round(one / MEGABYTE, 1) for one in memory]}")
        status = balancer.status()
        assert status["revision"] >= 1 + reloads.taken
        assert {server["name"] for server in status["pools"][0]["servers"]} >= {"ps1", "ps2", "ps3"}
        if len(memory) >= 8 and has_plain_allocator():
            # The visitors' addresses are remembered: some 200 bytes for each of a few thousand.
            quarter = len(memory) // 4
            assert max(memory[-quarter:]) < max(memory[quarter:2 * quarter]) + 3 * MEGABYTE, memory


def test_clients_of_a_removed_listener_end_in_peace(sims):
    """A listener that goes takes nobody new; who came by it stays."""
    with Balancer(sims[:3]) as balancer:
        balancer.settings["listeners"].append({"name": "extra", "bind": "127.0.0.1:0", "pool": "farm"})
        Reloads(balancer, sims).run(0)
        bind = next(one["bind"] for one in balancer.status()["listeners"] if one["name"] == "extra")
        host, port = bind.rsplit(":", 1)
        with connect_from("127.0.7.1", (host, int(port))) as connection:
            assert ask(connection, identify("127.0.7.1")).status == 200
            balancer.settings["listeners"].pop()
            Reloads(balancer, sims).run(0)
            for _ in range(3):
                assert ask(connection, identify("127.0.7.1")).status == 200
            with pytest.raises(ConnectionRefusedError):
                connect_from("127.0.7.1", (host, int(port)))


def port_free_everywhere():
    """One that the kernel gives to no connection, of whatever local address, while the test is under way."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    while True:
        port = random.randrange(lowest // 2, lowest)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("0.0.0.0", port))
            return port


def test_a_listener_moves_between_all_addresses_and_one_without_a_gap(sims):
    with Balancer(sims[:3]) as balancer:
        failures, enough = [], threading.Event()

        def connect_on_and_on():
            while not enough.is_set():
                try:
                    with connect_from("127.0.7.2", balancer.plain) as connection:
                        assert ask(connection, identify("127.0.7.2")).status == 200
                except (OSError, AssertionError) as error:
                    failures.append(repr(error))

        port = port_free_everywhere()
        balancer.settings["listeners"][0]["bind"] = f"127.0.0.1:{port}"
        Reloads(balancer, sims).run(0)
        balancer.plain = ("127.0.0.1", port)
        threads = [threading.Thread(target=connect_on_and_on) for _ in range(4)]
        with Running(threads, enough):
            for number in range(max(6, soak_count(100))):
                host = ("0.0.0.0", "127.0.0.1")[number % 2]
                balancer.settings["listeners"][0]["bind"] = f"{host}:{port}"
                Reloads(balancer, sims).run(0)
        assert not failures, failures[:5]
