"""Thousands of polls that wait for their answer, as shells at rest hold them: none is lost, and each costs little."""

import resource
import selectors
import socket

import pytest

from balancer import Balancer, await_value, has_plain_allocator, is_optimised
from many_clients import LOGIN, ask, connect_from
from scripted_server import HOLD, HoldingServer
from soak import soak_count

FULL = 9000
MOST_BYTES = 4096  # of anonymous memory for each waiting session, when they are many
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


def test_waiting_polls_are_held_and_cost_little(sessions):
    with HoldingServer("127.0.0.11") as one, HoldingServer("127.0.0.12") as two, \
         Balancer({"ps1": one.settings, "ps2": two.settings}, pool={"timeouts": {"response": "1h"}}) as balancer:
        for number in range(100):
            with connect_from(source(number), balancer.plain) as connection:
                assert ask(connection, poll(hold=False)).status == 200
        before = balancer.anonymous_bytes()

        connections = []
        for number in range(sessions):
            connections.append(connect_from(source(number), balancer.plain))
            connections[-1].sendall(poll(hold=True))
        held = await_value(lambda: one.held + two.held, lambda count: count >= sessions, patience=60)
        assert held == sessions
        grown = balancer.anonymous_bytes() - before
        status = balancer.status()
        print(f"{sessions} waiting polls: {grown / sessions:.0f} bytes of anonymous memory each")
        assert status["sessions"] == sessions
        if is_optimised() and has_plain_allocator():
            assert grown < MOST_BYTES * sessions + (0 if sessions >= FULL else FIXED_BYTES)

        one.release()
        two.release()
        assert answered(connections) == sessions
        for connection in connections:
            connection.close()
        balancer.await_status(lambda status: status["sessions"] == 0)
        lines = balancer.access_log(lambda lines: len(lines) >= sessions + 100)
        assert all(line["status"] == 200 and not line["own_reply"] for line in lines)


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
