"""Proxies that do what none in front of WinRM may do, to show that the tests which look for it find it.

    with SharingProxy([("127.0.0.1", port), ...]) as proxy:
        proxy.plain             # ("127.0.0.1", port)

SharingProxy shares server connections, and so logins, between clients. A login gets a new server connection and keeps
it until it is through, that is while the answers are 401: many proxies manage so much, and all logins succeed. Then the
connection goes to the end of one queue for all, and every request without a login of its own is sent on the connection
that has been idle longest.

ResendingProxy keeps the connections apart, but when a server is lost it sends the request to the next one, whatever it
was. Bodies have a Content-Length, which is all that the tests' clients and servers use.
"""

import asyncio
import collections
import contextlib
import itertools
import re
import threading

CONNECTION_LOST = (asyncio.IncompleteReadError, ConnectionError)


async def read_message(reader):
    """One request or response, as its head and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    return head, await reader.readexactly(int(length[1])) if length else b""


def logs_in(request_head):
    return re.search(rb"(?im)^authorization:", request_head) is not None


def login_goes_on(response_head):
    return response_head.split(b" ", 2)[1] == b"401"


class SharingProxy:
    def __init__(self, servers):
        self._servers = itertools.cycle(servers)
        self._idle = collections.deque()  # server connections, as pairs of reader and writer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        self.plain = "127.0.0.1", self._call(self._start())
        return self

    def __exit__(self, *_):
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _start(self):
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self._listener.sockets[0].getsockname()[1]

    async def _stop(self):
        self._listener.close()
        sessions = asyncio.all_tasks() - {asyncio.current_task()}
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        for _, writer in self._idle:
            writer.close()

    async def _serve(self, reader, writer):
        server = None
        try:
            with contextlib.suppress(*CONNECTION_LOST):
                while True:
                    head, body = await read_message(reader)
                    server = server or await self._connection_for(head)
                    server[1].write(head + body)
                    answer, body = await read_message(server[0])
                    if not login_goes_on(answer):
                        self._idle.append(server)
                        server = None
                    writer.write(answer + body)
                    await writer.drain()
        finally:
            if server:
                server[1].close()
            writer.close()

    async def _connection_for(self, request_head):
        if self._idle and not logs_in(request_head):
            return self._idle.popleft()
        return await asyncio.open_connection(*next(self._servers))


class ResendingProxy(SharingProxy):
    async def _serve(self, reader, writer):
        server = None
        try:
            with contextlib.suppress(*CONNECTION_LOST):
                while True:
                    request = b"".join(await read_message(reader))
                    answer = None
                    while answer is None:
                        with contextlib.suppress(*CONNECTION_LOST):
                            server = server or await asyncio.open_connection(*next(self._servers))
                            server[1].write(request)
                            answer = await read_message(server[0])
                        if answer is None and server:
                            server[1].close()
                            server = None
                    writer.write(b"".join(answer))
                    await writer.drain()
        finally:
            if server:
                server[1].close()
            writer.close()
