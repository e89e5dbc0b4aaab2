"""Nothing that may have run is ever sent twice, and nobody waits for an answer that will not come.

Clients keep shells and work in them, plain and sealed, while servers are killed and connections are reset before, within
and after requests. The servers note each message that they carry out. A client that is told of a loss goes on with a
new message, never with the same again; so a message that was carried out twice was sent twice by the balancer. Identify,
Get and Enumerate are free to be repeated (they change nothing).

In full it is 10,000 operations (WINRMLB_SOAK per cent of that, but not below 1,000).
"""

import collections
import http.client
import random
import threading
import time

import pytest

import wsman
from balancer import Balancer
from sealing_client import LoginFailed, NtlmLogin, SealingClient, gssapi
from sharing_proxy import ResendingProxy
from soak import soak_count
from winrm_sim import DEFAULT_USERS, WinrmSim

OPERATIONS = max(1000, soak_count(10_000))
CLIENTS = 16
HARMLESS = {"Identify", "Get", "Enumerate"}
CONFIGURATION = "http://schemas.microsoft.com/wbem/wsman/1/config"
PATIENCE = 15  # seconds within which everybody is told something; polls end within a second


class Client(threading.Thread):
    """Opens a shell, works in it, closes it, and begins anew whenever something got lost."""

    def __init__(self, number, balancer, operations):
        super().__init__()
        domain, user, password = DEFAULT_USERS[number % len(DEFAULT_USERS)]
        name, address = f"{domain}\\{user}", f"127.4.0.{number + 1}"
        if number % 4 == 3:
            self.client = SealingClient(balancer, NtlmLogin(name, password), address=address, timeout=PATIENCE)
        else:
            self.client = wsman.Client(balancer, name, password, address=address, timeout=PATIENCE)
        self.number, self.left, self.random = number, operations, random.Random(number)
        self.told = collections.Counter()  # by operation and by what the client learned
        self.silent, self.error = [], None

    def run(self):
        try:
            while self.left > 0:
                self._work()
        except Exception as error:  # pylint: disable=broad-except  # whatever it is, the test shows it
            self.error = error

    def _work(self):
        if self.random.random() < 0.2:
            self._ask("Identify", wsman.IDENTIFY)
            self._ask("Get", wsman.envelope(f"{wsman.TRANSFER}/Get", resource=CONFIGURATION))
        if self.random.random() < 0.3:
            resource, shell = wsman.POWERSHELL, wsman.new_id()
            created = self._ask("Create", wsman.create_pool(shell))
        else:
            resource, created = wsman.CMD, self._ask("Create", wsman.create())
        if not created:
            return
        shell = created.shell
        for _ in range(self.random.randint(1, 5)):
            if resource == wsman.POWERSHELL:
                if not self._ask("Receive", wsman.receive(shell, resource=resource, timeout="PT0.2S")):
                    return
                continue
            started = self._ask("Command", wsman.command(shell, f"counter {self.number}"))
            command = started and started.text("CommandId")
            if not (command and self._ask("Receive", wsman.receive(shell, command, timeout="PT0.5S"))
                    and self._ask("Signal", wsman.signal(shell, command))):
                return
        self._ask("Delete", wsman.delete(shell, resource=resource))

    def _ask(self, operation, body):
        """The answer if it is a good one."""
        self.left -= 1
        began = time.monotonic()
        try:
            answer = self._ask_connected(body, began + PATIENCE)
        except TimeoutError:
            self.silent.append((operation, time.monotonic() - began))
            return None
        except (OSError, http.client.HTTPException):
            self.told[operation, "closed"] += 1
            return None
        except LoginFailed:
            self.told[operation, "no login"] += 1
            return None
        good = answer.status == 200 or answer.fault == wsman.NO_OUTPUT_YET
        self.told[operation, "done" if good else answer.fault or answer.status] += 1
        return answer if good else None


    def _ask_connected(self, body, until):
        """While nobody listens nothing is sent, so the same message may be tried again."""
        while True:
            try:
                return self.client.ask(body)
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)


class Servers:
    """Strikes the servers, and keeps what they have carried out even beyond their deaths."""

    def __init__(self, sims):
        self.sims, self.random = sims, random.Random(2)
        self.executed = collections.Counter()  # how often, by operation and message
        self.kills = self.resets = self.restarts = 0

    def kill(self):
        sim = self.random.choice(self.sims)
        sim.fault("hang")  # from here on it carries out nothing, so that nothing escapes the harvest
        self.harvest(sim)
        sim.kill()
        sim.start()
        self.kills += 1

    def reset(self):
        sim = self.random.choice(self.sims)
        if self.random.random() < 0.2:
            sim.cut()
        else:
            sim.fault(self.random.choice(["reset", "reset_before", "close"]), count=1,
                      operation=self.random.choice(["Create", "Command", "Receive", "Signal", "Delete"]))
        self.resets += 1

    def harvest(self, sim):
        for message in sim.executed():
            self.executed[message["operation"], message["message_id"]] += message["times"]


@pytest.fixture(name="sims")
def three_servers():
    if not gssapi:
        pytest.skip("SKIPPED, lost and doubled messages are not looked for: not installed: python3-gssapi")
    options = {"allow_unencrypted": True, "options": ["--max-shells-per-user", "100000", "--seen-limit", str(2 * OPERATIONS)]}
    with WinrmSim("ps1", address="127.0.0.11", **options) as one, WinrmSim("ps2", address="127.0.0.12", **options) as two, \
         WinrmSim("ps3", address="127.0.0.13", **options) as three:
        yield one, two, three


def strike_while_clients_work(sims, target, operations, restart=None):
    """`restart`, of the balancer, takes turns with the kills if it is given."""
    servers = Servers(sims)
    clients = [Client(number, target, operations // CLIENTS + 1) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    next_kill = time.monotonic() + 0.2
    while any(client.is_alive() for client in clients):
        if time.monotonic() > next_kill:
            if restart and servers.kills > servers.restarts:
                restart()
                servers.restarts += 1
            else:
                servers.kill()
            next_kill = time.monotonic() + 0.2
        servers.reset()
        clients[servers.resets % CLIENTS].join(0.01)
    for sim in sims:
        servers.harvest(sim)
    assert [client.error for client in clients if client.error] == []
    return servers, clients


def doubled(servers):
    return [(message, times) for message, times in servers.executed.items() if times > 1 and message[0] not in HARMLESS]


def check(servers, clients):
    assert doubled(servers) == []
    assert [client.silent for client in clients if client.silent] == [], "a client was told nothing"

    told = sum((client.told for client in clients), collections.Counter())
    print(f"{servers.kills} kills, {servers.resets} resets, {servers.restarts} restarts of the balancer; "
          f"told: {dict(sorted(told.items(), key=str))}")
    done = sum(count for (_, outcome), count in told.items() if outcome == "done")
    assert servers.kills and done > OPERATIONS // 3 and sum(told.values()) - done > OPERATIONS // 100, "this shows nothing"
    # What a client was told to be done was done; what it lost may have been done or not.
    for operation in {operation for operation, _ in told} - HARMLESS - {"Receive"}:
        carried_out = sum(times for (name, _), times in servers.executed.items() if name == operation)
        assert told[operation, "done"] <= carried_out <= sum(count for (name, _), count in told.items() if name == operation)


@pytest.mark.parametrize("workers", [2, 4], ids="{}_workers".format)
def test_each_message_runs_at_most_once_and_each_client_is_told(sims, workers):
    with Balancer(sims, workers=workers, pool={"health": {"interval": "200ms"}}) as balancer:
        check(*strike_while_clients_work(sims, balancer, OPERATIONS))


def test_the_same_holds_while_the_balancer_forgets_and_hunts(sims):
    with Balancer(sims, workers=4, pool={"health": {"interval": "200ms"}}) as balancer:
        servers, clients = strike_while_clients_work(sims, balancer, OPERATIONS, balancer.restart)
        check(servers, clients)
        assert servers.restarts


def test_the_check_finds_a_proxy_that_sends_again(sims):
    with ResendingProxy([(host, int(port)) for host, port in (sim.http.split(":") for sim in sims)]) as proxy:
        servers, _ = strike_while_clients_work(sims, proxy, 1000)
    assert doubled(servers)
