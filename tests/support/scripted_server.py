"""Servers that do to a connection what a test says, on raw sockets: many held requests, or bodies without end.

HoldingServer holds every request that has HOLD in its head, until it is released, and speaks TLS if it is given a
certificate and its key; ThreadedServer gives each
connection to a function, in a thread of its own. Both answer the balancer's checks, which never hold.
"""

import contextlib
import selectors
import socket
import ssl
import threading

HOLD = b"X-Hold: yes"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: 2\r\n\r\nok"


def body_length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


class _Server:
    def __init__(self, address="127.0.0.1"):
        self._listener = socket.create_server((address, 0), backlog=4096)
        self.address = self._listener.getsockname()
        self._thread = None

    @property
    def settings(self):
        """For the balancer's configuration."""
        return {"host": self.address[0], "port": self.address[1]}

    def __enter__(self):
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def _serve(self):
        raise NotImplementedError


class HoldingServer(_Server):
    def __init__(self, address="127.0.0.1", certificate=None, key=None):
        super().__init__(address)
        self._tls = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate, key)
        self._selector = selectors.DefaultSelector()
        self._listener.setblocking(False)
        self._wake, self._woken = socket.socketpair()
        self._held, self.released = set(), False

    @property
    def settings(self):
        tls = {} if self._tls is None else {"tls_port": self.address[1]}
        return super().settings | tls

    @property
    def held(self):
        return len(self._held)

    def release(self):
        """Answers what is held, and everything from now on."""
        self._wake.send(b"r")

    def __exit__(self, *_):
        self._wake.send(b"q")
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()
        self._wake.close()

    def _serve(self):
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._woken:
                    if b"q" in self._woken.recv(16):
                        return
                    self._release()
                else:
                    self._read(key.fileobj, key.data)

    def _accept(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = self._listener.accept()
                with contextlib.suppress(ConnectionError):  # a check has left already
                    self._selector.register(self._begun(connection), selectors.EVENT_READ, bytearray())

    def _begun(self, connection):
        """Never waits: a handshake is made by the first reads."""
        connection.setblocking(False)
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    def _release(self):
        self.released = True
        for connection in self._held:
            with contextlib.suppress(OSError):
                connection.send(OK)
        self._held.clear()

    def _read(self, connection, received):
        try:
            piece = connection.recv(65536)
        except ssl.SSLWantReadError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._held.discard(connection)
            self._selector.unregister(connection)
            connection.close()
            return
        received += piece
        head, end, body = bytes(received).partition(b"\r\n\r\n")
        if not end or len(body) < body_length(head):
            return
        received.clear()
        if HOLD in head and not self.released:
            self._held.add(connection)
        else:
            connection.send(OK)


class ThreadedServer(_Server):
    """`handle(connection, head, body)`: the head of a request with HOLD, and what came of its body along with it."""

    def __init__(self, handle, address="127.0.0.1"):
        super().__init__(address)
        self._handle, self._threads = handle, []

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve_one, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve_one(self, connection):
        with connection, contextlib.suppress(OSError):
            received = b""
            while piece := connection.recv(65536):
                received += piece
                head, end, body = received.partition(b"\r\n\r\n")
                if end and HOLD in head:
                    self._handle(connection, head, body)
                    return
                if end and len(body) >= body_length(head):
                    connection.sendall(OK)
                    received = b""
