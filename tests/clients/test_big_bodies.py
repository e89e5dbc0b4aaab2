"""Bodies far larger than any memory that the balancer may take for them, each way, with a reader that is slow."""

import select
import socket

import pytest

from balancer import Balancer, has_plain_allocator
from many_clients import connect_from
from scripted_server import HOLD, ThreadedServer
from soak import soak_count

MIB = 1024 * 1024
BODY = max(96, soak_count(1024)) * MIB
MOST_GROWTH = 16 * MIB
PIECE = b"x" * (256 * 1024)
STALL = 0.5  # seconds in which a sender cannot send a byte, so that everything on the way is full


def send_body(connection, stalled=None):
    """Sends the body; at the first stall calls `stalled`, which lets the reader go on."""
    left = BODY
    connection.settimeout(60)
    while left:
        if stalled and not select.select([], [connection], [], STALL)[1]:
            assert left > BODY // 2, "most of the body was taken though nobody read"
            stalled()
            stalled = None
        left -= connection.send(PIECE[:left])
    assert stalled is None, "the whole body was taken though nobody read"


def skip(connection, count, watch):
    """Reads so many bytes, and no other; watches the memory on the way."""
    connection.settimeout(60)
    step = 0
    buffer = bytearray(256 * 1024)
    while count:
        size = connection.recv_into(buffer, min(count, len(buffer)))
        assert size, f"closed {count} bytes before the end"
        assert buffer.count(b"x", 0, size) == size
        count -= size
        step += size
        if step >= 16 * MIB:
            step = 0
            watch()


def head(start):
    return start + HOLD + b"\r\nContent-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: %d\r\n\r\n" % BODY


def read_head(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(1024)
        assert piece
        received += piece
    return received.partition(b"\r\n\r\n")


class Memory:
    """The balancer's growth at its worst."""

    def __init__(self, balancer):
        self.balancer, self.before, self.most = balancer, balancer.anonymous_bytes(), 0

    def watch(self):
        self.most = max(self.most, self.balancer.anonymous_bytes() - self.before)

    def check(self, what):
        print(f"{BODY // MIB} MiB of {what}: {self.most / MIB:.1f} MiB of anonymous memory at most")
        if has_plain_allocator():
            assert self.most < MOST_GROWTH


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch):
    """The kernel of this side keeps little, so that a stall comes soon."""
    real = socket.socket.accept

    def accept(listener):
        connection, address = real(listener)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
        return connection, address

    monkeypatch.setattr(socket.socket, "accept", accept)


def test_a_large_request_with_a_slow_reader_costs_little_memory():
    outcome = {}
    go_on, may_go_on = socket.socketpair()

    def read_slowly(connection, _, begun):
        may_go_on.recv(1)
        skip(connection, BODY - len(begun), outcome["memory"].watch)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")

    with ThreadedServer(read_slowly) as server, Balancer({"ps1": server.settings}) as balancer, may_go_on, go_on:
        outcome["memory"] = memory = Memory(balancer)

        def stalled():
            memory.watch()
            go_on.send(b"g")

        with connect_from("127.0.4.1", balancer.plain) as connection:
            connection.sendall(head(b"POST /wsman HTTP/1.1\r\nHost: farm\r\n"))
            send_body(connection, stalled)
            start, _, body = read_head(connection)
            assert start.startswith(b"HTTP/1.1 200") and (body or connection.recv(4)) == b"done"
        memory.check("request")
        line, = balancer.access_log(lambda lines: lines)
        assert line["request_bytes"] >= BODY


def test_a_large_answer_to_a_slow_reader_costs_little_memory():
    outcome = {}
    go_on, may_go_on = socket.socketpair()

    def answer(connection, _head, _begun):
        connection.sendall(head(b"HTTP/1.1 200 OK\r\n"))
        send_body(connection, lambda: go_on.send(b"g"))
        outcome["sent"] = True

    with ThreadedServer(answer) as server, Balancer({"ps1": server.settings}) as balancer, may_go_on, go_on:
        memory = Memory(balancer)
        with connect_from("127.0.4.2", balancer.plain) as connection:
            connection.sendall(b"POST /wsman HTTP/1.1\r\nHost: farm\r\n" + HOLD + b"\r\nContent-Length: 0\r\n\r\n")
            may_go_on.recv(1)
            memory.watch()
            start, _, begun = read_head(connection)
            assert start.startswith(b"HTTP/1.1 200")
            skip(connection, BODY - len(begun), memory.watch)
        memory.check("answer")
        line, = balancer.access_log(lambda lines: lines)
        assert line["response_bytes"] >= BODY
    assert outcome["sent"]
