"""The balancer is killed under load and started again with its state in a file: each connection is lost once, and every
address and every shell that is older than a second is where it was."""

import time

import pytest

from balancer import Balancer
from lasting_clients import Sealed, Shells, lasting
from sealing_client import gssapi
from soak import soak_count
from winrm_sim import WinrmSim
from wsman import NO_SUCH_SHELL, Client, delete

KILLS = max(2, soak_count(100))
WRITTEN_AFTER = 1.0  # seconds: what is older is in the file


@pytest.fixture(name="sims", scope="module")
def three_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two, \
         WinrmSim("ps3", address="127.0.0.13", allow_unencrypted=True) as three:
        yield one, two, three


def with_a_file(balancer):
    balancer.settings["state"] = {"store": "file", "path": str(balancer.folder / "state")}
    return balancer


class Newcomer:
    """An address that comes, makes a shell, and leaves."""

    def __init__(self, balancer, number, sealed):
        self.balancer, self.address = balancer, f"127.0.{30 + number // 250}.{1 + number % 250}"
        self.kind = Sealed if sealed and gssapi else Shells
        with self.connect() as client:
            self.shell = client.open_shell()
            self.server = client.run(self.shell, "hostname")
        self.came = time.monotonic()

    def connect(self):
        return self.kind(self.balancer, self.address).client

    def check(self):
        with self.connect() as client:
            assert client.run(self.shell, "hostname") == self.server, f"{self.address} was moved"
            assert client.ask(delete(self.shell)).status == 200


def test_killed_and_started_again_everybody_is_where_he_was(sims):
    # Assigned by count: an address that is forgotten would nearly always land elsewhere.
    with with_a_file(Balancer(sims, pool={"health": {"interval": "200ms"}})) as balancer:
        clients = [Shells(balancer, f"127.0.8.{number + 1}") for number in range(6)]
        if gssapi:
            clients += [Sealed(balancer, f"127.0.9.{number + 1}") for number in range(3)]
        for client in clients:
            client.may_lose = True
        newcomers = 0
        with lasting(clients):
            for kill in range(KILLS):
                came = [Newcomer(balancer, newcomers + i, sealed=i % 2 == 1) for i in range(4)]
                newcomers += len(came)
                for client in clients:
                    client.await_operations(2)
                time.sleep(max(0, came[-1].came + WRITTEN_AFTER - time.monotonic()))
                balancer.kill_and_restart()
                served = time.monotonic()
                for newcomer in came:
                    newcomer.check()
                for client in clients:
                    client.await_operations(2)
                    assert not client.problems, f"kill {kill}: {client.problems}"
                    # Before that, a process that dies may still have taken a connection.
                    assert sum(loss > served for loss in client.losses) <= 1, f"kill {kill}: {client.address} was cut twice"
        assert all(len(client.servers) == 1 for client in clients), {client.address: client.servers for client in clients}
        assert not [line for line in balancer.access_log() if line.get("fault") == NO_SUCH_SHELL]
        print(f"{KILLS} kills: {len(clients)} clients did {sum(client.done for client in clients)} operations, lost connections "
              f"and nothing else; {newcomers} others found their shells")


def test_a_drain_goes_on_after_a_kill(sims):
    with with_a_file(Balancer(sims)) as balancer:
        balancer.ask("drain", "ps2", "--deadline", "1h")
        time.sleep(WRITTEN_AFTER)
        balancer.kill_and_restart()
        assert balancer.server("ps2")["mode"] == "drain"
        with Client(balancer, address="127.0.10.1") as client:
            assert client.run(client.open_shell(), "hostname") != "ps2"
        balancer.ask("ready", "ps2")
        time.sleep(WRITTEN_AFTER)
        balancer.kill_and_restart()
        assert balancer.server("ps2")["mode"] == "ready"


def test_a_damaged_file_costs_no_start(sims):
    with with_a_file(Balancer(sims)) as balancer:
        with Client(balancer, address="127.0.10.2") as client:
            server = client.run(client.open_shell(), "hostname")
        balancer.stop()
        file = balancer.folder / "state"
        whole = file.read_bytes()
        file.write_bytes(whole[:len(whole) // 2] + b"\xff" + whole[len(whole) // 2 + 1:])
        balancer.start()
        assert "damaged" in (balancer.folder / "winrm-lb.log").read_text(encoding="utf-8")
        file_again = balancer.stop(), file.read_bytes()
        assert file_again[0] == 0
        file.write_bytes(b"no state at all" * 100)
        balancer.start()
        assert balancer.server(server)["name"] == server
