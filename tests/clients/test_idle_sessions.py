"""Thousands of sessions at rest, as shells hold them: polls that wait for their answer, connections that are kept, TLS
on one end or both. None is lost, and each costs little."""

import resource
import selectors
import socket
import ssl

import pytest

from balancer import Balancer, await_value, has_plain_allocator, is_optimised
from many_clients import LOGIN, ask, connect_from
from scripted_server import HOLD, HoldingServer
from soak import soak_count
from winrm_sim import make_certificate

FULL = 9000
# Of anonymous memory for each session, when they are many: without TLS, and for an end that speaks it.
PLAIN_BYTES = 2048
TLS_END_BYTES = 18 * 1024
# For TLS on both sides: what a crowd costs that shakes hands all at once, with servers that give two tickets each time.
TLS_BOTH_BYTES = 44 * 1024
FIXED_BYTES = 4 * 1024 * 1024  # what tables and pools may grow by, however few sessions there are
# The size of a Receive of a remote shell.
RECEIVE = b"<s:Envelope>" + b" " * 1900 + b"</s:Envelope>"


@pytest.fixture(name="sessions")
def affordable_sessions():
    """As many as asked for. Their ends are in this process: two descriptors each."""
    sessions = max(180, soak_count(FULL))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * sessions + 256:
        pytest.skip(f"{sessions} sessions take {2 * sessions + 256} descriptors, and ulimit -Hn is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sessions


def poll(hold):
    field = HOLD + b"\r\n" if hold else b""
    return (b"POST /wsman HTTP/1.1\r\nHost: farm\r\n" + field + f"Authorization: Basic {LOGIN}\r\n".encode()
            + b"Content-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: %d\r\n\r\n" % len(RECEIVE) + RECEIVE)


def source(number):
    return f"127.1.{number // 50 // 200}.{number // 50 % 200 + 1}"


def trusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Crowd:
    """So many connections to one listener, and what they cost the balancer."""

    def __init__(self, balancer, tls):
        self.balancer, self.address = balancer, balancer.tls if tls else balancer.plain
        self.tls = trusting() if tls else None
        self.connections = []
        for number in range(100):  # what the first ones make once, no later one pays for
            with self.connect(number) as connection:
                assert ask(connection, poll(hold=False)).status == 200
        balancer.await_status(lambda status: status["sessions"] == 0)
        self.before = balancer.anonymous_bytes()

    def connect(self, number):
        connection = connect_from(source(number), self.address)
        return connection if self.tls is None else self.tls.wrap_socket(connection)

    def gather(self, count, then):
        for number in range(count):
            self.connections.append(self.connect(number))
            then(self.connections[-1])

    def costs_at_most(self, promised):
        count = len(self.connections)
        grown = self.balancer.anonymous_bytes() - self.before
        print(f"{count} sessions: {grown / count:.0f} bytes of anonymous memory each")
        assert self.balancer.status()["sessions"] == count
        if is_optimised() and has_plain_allocator():
            assert grown < promised * count + (0 if count >= FULL else FIXED_BYTES)

    def leave(self):
        for connection in self.connections:
            connection.close()
        self.balancer.await_status(lambda status: status["sessions"] == 0)


def test_waiting_polls_are_held_and_cost_little(sessions):
    with HoldingServer("127.0.0.11") as one, HoldingServer("127.0.0.12") as two, \
         Balancer({"ps1": one.settings, "ps2": two.settings}, pool={"timeouts": {"response": "1h"}}) as balancer:
        crowd = Crowd(balancer, tls=False)
        crowd.gather(sessions, lambda connection: connection.sendall(poll(hold=True)))
        assert await_value(lambda: one.held + two.held, lambda count: count >= sessions, patience=60) == sessions
        crowd.costs_at_most(PLAIN_BYTES)

        one.release()
        two.release()
        assert answered(crowd.connections) == sessions
        crowd.leave()
        lines = balancer.access_log(lambda lines: len(lines) >= sessions + 100)
        assert all(line["status"] == 200 and not line["own_reply"] for line in lines)


def test_kept_connections_cost_little(sessions):
    with HoldingServer() as server, Balancer({"ps1": server.settings}) as balancer:
        crowd = Crowd(balancer, tls=False)
        crowd.gather(sessions, lambda connection: ask(connection, poll(hold=False)))
        crowd.costs_at_most(PLAIN_BYTES)
        crowd.leave()


def test_clients_that_have_only_shaken_hands_cost_one_end_of_tls(sessions, tmp_path):
    with HoldingServer("127.0.0.1", *make_certificate(tmp_path, name="ps1")) as server, \
         Balancer({"ps1": server.settings}) as balancer:
        crowd = Crowd(balancer, tls=True)
        crowd.gather(sessions, lambda connection: None)
        crowd.costs_at_most(TLS_END_BYTES)
        crowd.leave()


@pytest.mark.parametrize("hold", [False, True], ids=["kept", "waiting"])
def test_sessions_with_tls_on_both_sides_cost_two_ends(sessions, hold, tmp_path):
    with HoldingServer("127.0.0.1", *make_certificate(tmp_path, name="ps1")) as server, \
         Balancer({"ps1": server.settings}, pool={"timeouts": {"response": "1h"}}) as balancer:
        crowd = Crowd(balancer, tls=True)
        if hold:
            crowd.gather(sessions, lambda connection: connection.sendall(poll(hold=True)))
            assert await_value(lambda: server.held, lambda count: count >= sessions, patience=60) == sessions
        else:
            crowd.gather(sessions, lambda connection: ask(connection, poll(hold=False)))
        crowd.costs_at_most(TLS_BOTH_BYTES)
        crowd.leave()


def answered(connections):
    """How many of them got their 200."""
    waiting = selectors.DefaultSelector()
    for connection in connections:
        waiting.register(connection, selectors.EVENT_READ)
    count = 0
    while waiting.get_map() and (ready := waiting.select(timeout=30)):
        for key, _ in ready:
            count += key.fileobj.recv(4096, socket.MSG_DONTWAIT).startswith(b"HTTP/1.1 200")
            waiting.unregister(key.fileobj)
    waiting.close()
    return count
