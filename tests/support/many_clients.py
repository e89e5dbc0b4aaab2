"""Many small clients at once, on raw sockets: each from a source address of its own, all in the same instant.

They ask Identify with a Basic login. The User-Agent is the source address, so that a simulated server's /seen says
which client a request came from, though all of them come from the balancer's address.
"""

import base64
import selectors
import socket
import time

from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER

IDENTIFY = ('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
            '<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>')
LOGIN = base64.b64encode(f"{DEFAULT_USER}:{DEFAULT_PASSWORD}".encode()).decode()


def identify(address):
    """The bytes of an Identify request of the client with that address."""
    return (f"POST /wsman HTTP/1.1\r\nHost: farm\r\nUser-Agent: {address}\r\nAuthorization: Basic {LOGIN}\r\n"
            f"Content-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: {len(IDENTIFY)}\r\n\r\n{IDENTIFY}").encode()


class Answer:
    """The bytes of a response so far."""

    def __init__(self):
        self.received = bytearray()

    def take(self, piece):
        self.received += piece

    @property
    def head(self):
        return self.received.partition(b"\r\n\r\n")[0].decode("latin-1")

    @property
    def body(self):
        return bytes(self.received.partition(b"\r\n\r\n")[2])

    @property
    def status(self):
        return int(self.received[9:12])

    def field(self, name):
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    @property
    def complete(self):
        return b"\r\n\r\n" in self.received and len(self.body) >= int(self.field("Content-Length") or 0)


def connect_from(address, to):
    """A blocking connection from that source address."""
    return socket.create_connection(to, timeout=60, source_address=(address, 0))


def ask(connection, request):
    """One request and its whole answer on a blocking connection; ConnectionError if that ends before."""
    connection.sendall(request)
    answer = Answer()
    while not answer.complete:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("closed before the answer was whole")
        answer.take(piece)
    return answer


def ask_at_once(addresses, to, patience=60):
    """Opens a connection from each of the addresses (which may repeat) before it waits for any, asks Identify on each,
    and gives the answers in that order."""
    waiting = selectors.DefaultSelector()
    answers = [Answer() for _ in addresses]
    for address, answer in zip(addresses, answers):
        connection = socket.socket()
        connection.setblocking(False)
        connection.bind((address, 0))
        connection.connect_ex(to)
        waiting.register(connection, selectors.EVENT_WRITE, (address, answer))
    until = time.monotonic() + patience
    try:
        while waiting.get_map():
            assert time.monotonic() < until, f"{len(waiting.get_map())} of {len(addresses)} clients got no answer"
            for key, events in waiting.select(timeout=1):
                address, answer = key.data
                if events & selectors.EVENT_WRITE:
                    key.fileobj.send(identify(address))
                    waiting.modify(key.fileobj, selectors.EVENT_READ, key.data)
                    continue
                piece = key.fileobj.recv(65536)
                answer.take(piece)
                assert piece or answer.complete, f"the connection of {address} was closed without an answer"
                if answer.complete:
                    waiting.unregister(key.fileobj)
                    key.fileobj.close()
    finally:
        for key in list(waiting.get_map().values()):
            key.fileobj.close()
        waiting.close()
    return answers
