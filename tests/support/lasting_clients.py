"""Clients that go on and on, each from an address of its own, while something happens to the balancer.

    with lasting([Shells(balancer, "127.0.6.1"), Sealed(balancer, "127.0.6.2"), ...]) as clients:
        ...                             # the balancer reloads, or dies and comes back
        clients[0].await_operations(5)  # from now on
    clients[0].problems                 # what went wrong, as texts
    clients[0].servers                  # which servers answered, by their computer names: one, if nothing moved
"""

import contextlib
import http.client
import socket
import threading
import time

from sealing_client import LoginFailed, NtlmLogin, SealingClient
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER
from wsman import Client, delete

LOST = (OSError, http.client.HTTPException)
USES = 50  # of one shell


class Lasting(threading.Thread):
    """Does one operation after the other. What it meets is noted, and the next operation tried."""

    def __init__(self, balancer, address):
        super().__init__()
        self.balancer, self.address = balancer, address
        self.enough, self.done, self.problems, self.servers = threading.Event(), 0, [], set()
        self.losses = []  # of connections, where that is expected: when
        self.may_lose = False

    def run(self):
        while not self.enough.is_set():
            try:
                self.servers.add(self.operate())
                self.done += 1
            except LOST as error:
                if self.may_lose:
                    self.losses.append(time.monotonic())
                    self.await_balancer()
                else:
                    self.problems.append(f"{self.address}: {error!r}")
            except (AssertionError, LoginFailed, Exception) as error:  # pylint: disable=broad-except
                self.problems.append(f"{self.address}: {error!r}"[:1000])
            if len(self.problems) > 20:
                return
        self.close()

    def operate(self):
        raise NotImplementedError

    def close(self):
        pass

    def await_balancer(self, patience=60):
        """Until it takes connections again; then there is no excuse any more."""
        until = time.monotonic() + patience
        while time.monotonic() < until and not self.enough.is_set():
            with contextlib.suppress(OSError), socket.create_connection(self.balancer.plain, timeout=5):
                return
            time.sleep(0.02)

    def await_operations(self, count, patience=60):
        """That many more than there are."""
        wanted, until = self.done + count, time.monotonic() + patience
        while self.done < wanted and time.monotonic() < until and self.is_alive():
            time.sleep(0.01)
        assert self.done >= wanted, f"{self.address} made no progress: {self.problems}"


class Shells(Lasting):
    """Basic in clear: what it does can be seen. Keeps one connection, and a shell for a while."""

    shell, uses = None, 0

    def __init__(self, balancer, address):
        super().__init__(balancer, address)
        self.client = self.connect()

    def connect(self):
        return Client(self.balancer, address=self.address)

    def operate(self):
        if self.shell is None:
            self.shell, self.uses = self.client.open_shell(), 0
        self.uses += 1
        server = self.client.run(self.shell, "hostname")
        if self.uses >= USES:  # what a server counts for its quota of operations ends with the shell
            ended, self.shell = self.shell, None
            assert self.client.ask(delete(ended)).status == 200
        return server

    def close(self):
        self.client.close()


class Sealed(Shells):
    """NTLM with sealed messages: the balancer sees nothing but the address."""

    def connect(self):
        return SealingClient(self.balancer, NtlmLogin(DEFAULT_USER, DEFAULT_PASSWORD), address=self.address)


class NewConnections(Shells):
    """A new connection for each operation."""

    def operate(self):
        with Client(self.balancer, address=self.address) as self.client:
            return super().operate()


@contextlib.contextmanager
def lasting(clients):
    """They run within, and have ended after."""
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join()
