"""A DNS server of a few lines (RFC 1035), over loopback on a port that the kernel picks.

    with NameServer({"ps1.example": (["127.0.0.11"], 2)}) as dns:     # addresses and time to live
        dns.address                                                  # "127.0.0.1:41234"
        dns.names["ps1.example"] = (["127.0.0.12"], 2)               # from the next question on
        del dns.names["ps1.example"]                                 # NXDOMAIN
        dns.asked("ps1.example")                                     # when it was asked for its A records
"""

import socket
import struct
import threading
import time

A, IN, NOT_FOUND = 1, 1, 3


class NameServer(threading.Thread):
    def __init__(self, names):
        super().__init__(daemon=True)
        self.names, self._asked = dict(names), []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._socket.sendto(b"", self._socket.getsockname())
        self.join()
        self._socket.close()

    def asked(self, name):
        return [when for asked, when in list(self._asked) if asked == name]

    def run(self):
        while True:
            query, client = self._socket.recvfrom(512)
            if not query:
                return
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind, = struct.unpack("!H", query[at + 1:at + 3])
        question, name = query[12:at + 5], ".".join(labels).lower()
        if kind == A:
            self._asked.append((name, time.monotonic()))
        known = self.names.get(name)
        addresses, ttl = known or ([], 0)
        records = [struct.pack("!HHHIH", 0xC00C, A, IN, ttl, 4) + socket.inet_aton(address) for address in addresses] if kind == A else []
        flags = 0x8580 if known else 0x8580 | NOT_FOUND
        return query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + question + b"".join(records)
