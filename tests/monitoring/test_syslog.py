"""Both logs of the real program at a syslog receiver on this machine: by UDP, by TCP and by a local socket."""

import re
import socket
import subprocess

import pytest

from balancer import Balancer, balancer_environment, find_balancer
from many_clients import ask, connect_from, identify
from winrm_sim import WinrmSim

# RFC 5424 6: header, one structured data element, text.
MESSAGE = re.compile(r'<(\d{1,3})>1 (\S+Z) (\S+) winrm-lb (\d+) (event|exchange|session) '
                     r'\[winrm-lb@32473((?: [a-z_]+="(?:[^"\\\]]|\\["\\\]])*")*)\](?: (.*))?', re.DOTALL)


class Receiver:
    def __init__(self, how, folder):
        kind = socket.SOCK_STREAM if how == "tcp" else socket.SOCK_DGRAM
        self.how = how
        self.socket = socket.socket(socket.AF_UNIX if how == "local" else socket.AF_INET, kind)
        self.socket.bind(str(folder / "dev-log") if how == "local" else ("127.0.0.1", 0))
        self.socket.settimeout(30)
        self.streams = {}
        if how == "tcp":
            self.socket.listen()

    def settings(self):
        if self.how == "local":
            return {"to": "local", "socket": self.socket.getsockname(), "facility": "daemon"}
        return {"to": self.how, "address": "{}:{}".format(*self.socket.getsockname()), "facility": "daemon"}

    def messages(self, enough):
        """What comes, until it is enough."""
        found = []
        if self.how != "tcp":
            while not enough(found):
                found.append(self.socket.recv(65536).decode())
            return found
        texts = {}
        for _ in range(2):  # the log's connection and the access log's
            connection = self.socket.accept()[0]
            connection.settimeout(0.2)
            texts[connection] = b""
        for _ in range(150):
            if enough(found):
                return found
            for connection in texts:
                try:
                    texts[connection] += connection.recv(65536)
                except TimeoutError:
                    continue
                while (frame := re.match(rb"(\d+) ", texts[connection])) and len(texts[connection]) >= frame.end() + int(frame[1]):
                    end = frame.end() + int(frame[1])
                    found.append(texts[connection][frame.end():end].decode())
                    texts[connection] = texts[connection][end:]
        raise AssertionError(f"these came: {found}")


def kinds(messages):
    return {found[5] for found in map(MESSAGE.fullmatch, messages) if found}


@pytest.mark.parametrize("how", ["udp", "tcp", "local"])
def test_events_exchanges_and_sessions_reach_the_receiver(how, tmp_path):
    receiver = Receiver(how, tmp_path)
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as sim:
        balancer = Balancer([sim])
        balancer.settings["log"] = {"file": "syslog", "access_file": "syslog", "syslog": receiver.settings()}
        with balancer:
            with connect_from("127.0.9.1", balancer.plain) as connection:
                assert ask(connection, identify("127.0.9.1")).status == 200
            messages = receiver.messages(lambda found: kinds(found) == {"event", "exchange", "session"})
            pid = balancer.pid
    for message in messages:
        found = MESSAGE.fullmatch(message)
        assert found, message
        assert int(found[1]) // 8 == 3, "filed under daemon"
        assert int(found[4]) == pid
    exchange = next(MESSAGE.fullmatch(one)[6] for one in messages if " exchange [" in one)
    assert ' server="ps1"' in exchange and ' status="200"' in exchange and ' action="identify"' in exchange


@pytest.mark.parametrize("log, said", [
    ({"file": "syslog", "syslog": {"to": "udp"}}, "log.syslog.address: must be given"),
    ({"syslog": {"to": "udp", "address": "127.0.0.1:514"}}, "nothing goes there")])
def test_a_receiver_that_leads_nowhere_is_told(log, said, tmp_path):
    balancer = Balancer({"ps1": {"host": "127.0.0.11", "port": 5985}})
    balancer.settings["log"] = log
    balancer.write_configuration()
    outcome = subprocess.run([find_balancer(), "check", str(balancer.configuration)], capture_output=True, text=True,
                             env=balancer_environment(), cwd=tmp_path, timeout=60, check=False)
    assert said in outcome.stdout + outcome.stderr
