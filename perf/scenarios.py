"""What is measured: one row each. README.md says what a row stands for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    name: str
    mode: str  # of winrm-load
    client_tls: bool = False
    server_tls: bool = False
    connections: int = 50
    words: tuple = ()

    @property
    def idle(self):
        return self.mode == "idle"

    @property
    def unit(self):
        """Of the cost that is compared."""
        return {"bulk": "CPU s/GB", "idle": "bytes/session"}.get(self.mode, "CPU us/request")


SCENARIOS = [
    Scenario("small-plain", "small"),
    Scenario("small-tls", "small", client_tls=True),
    Scenario("small-tls-both", "small", client_tls=True, server_tls=True),
    Scenario("new-connection-plain", "connect"),
    Scenario("handshake-tls-full", "connect", client_tls=True, connections=20),
    Scenario("handshake-tls-resumed", "connect", client_tls=True, connections=20, words=("--resume",)),
    Scenario("handshake-tls-both-full", "connect", client_tls=True, server_tls=True, connections=20),
    Scenario("handshake-tls-both-resumed", "connect", client_tls=True, server_tls=True, connections=20,
             words=("--resume",)),
    Scenario("bulk-plain", "bulk", connections=20),
    Scenario("bulk-tls", "bulk", client_tls=True, connections=20),
    Scenario("bulk-tls-both", "bulk", client_tls=True, server_tls=True, connections=20),
    Scenario("idle-plain", "idle"),
    Scenario("idle-tls", "idle", client_tls=True),
    Scenario("idle-tls-both", "idle", client_tls=True, server_tls=True),
]
