"""Polls that last, through a balancer with the settings it comes with: by Basic on both ports, and sealed.

    check_long_polls(60)    # seconds
"""

import threading
import time

import wsman
from balancer import Balancer
from sealing_client import NtlmLogin, SealingClient
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim

SLACK = 5  # seconds that an answer may come late on a busy machine


class Poller(threading.Thread):
    def __init__(self, client, seconds):
        super().__init__()
        self.client, self.seconds, self.error = client, seconds, None

    def run(self):
        try:
            self._poll()
        except Exception as error:  # pylint: disable=broad-except  # whatever it is, the test shows it
            self.error = error

    def _poll(self):
        with self.client as client:
            shell = client.open_shell()
            command = client.start(shell, f"timeout /t {self.seconds + 120}")
            connection = client.connection.sock
            began = time.monotonic()
            answer = client.ask(wsman.receive(shell, command, timeout=f"PT{self.seconds}S"))
            took = time.monotonic() - began
            assert (answer.status, answer.fault) == (500, wsman.NO_OUTPUT_YET), answer.body
            assert self.seconds <= took + 0.1 and took < self.seconds + SLACK, f"the poll took {took} s"
            # The answer was a good one: the same connection goes on.
            assert client.ask(wsman.signal(shell, command)).status == 200
            assert client.ask(wsman.delete(shell)).status == 200
            assert client.connection.sock is connection


def check_long_polls(seconds):
    options = {"https": True, "allow_unencrypted": True, "options": ["--max-timeout", f"{seconds + 60}s"]}
    with WinrmSim("ps1", address="127.0.0.11", **options) as one, WinrmSim("ps2", address="127.0.0.12", **options) as two, \
         Balancer([one, two]) as balancer:
        pollers = []
        for number, tls in enumerate((False, True)):
            pollers.append(Poller(wsman.Client(balancer, address=f"127.6.0.{number + 1}", timeout=seconds + 30, tls=tls), seconds))
            pollers.append(Poller(SealingClient(balancer, NtlmLogin(DEFAULT_USER, DEFAULT_PASSWORD), timeout=seconds + 30,
                                                address=f"127.6.1.{number + 1}", tls=tls), seconds))
        for poller in pollers:
            poller.start()
        for poller in pollers:
            poller.join()
        assert [poller.error for poller in pollers if poller.error] == []

        polls = [entry for sim in (one, two) for entry in sim.seen(operation="Receive")]
        assert [entry["fault"] for entry in polls] == [wsman.NO_OUTPUT_YET] * len(pollers), "a poll was cut and sent again"
        lines = balancer.access_log(lambda lines: sum(line["status"] == 500 for line in lines) == len(pollers))
        assert not [line for line in lines if line["own_reply"] or "error" in line]
        # A poll that ends in its time is a success: no server is taken for worse by it.
        assert all(balancer.server(sim.name)["state"] == "up" for sim in (one, two))
