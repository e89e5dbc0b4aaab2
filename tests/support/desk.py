"""What an operator has of a running balancer: its command line, and its Api over the control socket and over TCP.

    from desk import Desk

    desk = Desk(balancer)
    desk.run("drain", "ps1")                     # CompletedProcess of the real program, with text output
    desk.json("sessions")                        # what it prints with --json; it must have gone well
    desk.get("/status"), desk.call("POST", "/sessions/kick", {"client": "127.0.0.1"})    # Answers
"""

import http.client
import json
import os
import socket
import subprocess

from balancer import balancer_environment, find_balancer

PATIENCE = 60


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Answer:
    def __init__(self, response):
        self.status, self.fields, self.text = response.status, response.headers, response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)


class Desk:
    def __init__(self, balancer):
        self.socket = str(balancer.socket)

    def run(self, *words, user=None, program=None, **more):
        """As `user`, a number, if one is given; that takes root."""
        command = [program or find_balancer(), *words, "--socket", self.socket]
        if user is not None:
            command = ["setpriv", f"--reuid={user}", f"--regid={os.stat(self.socket).st_gid}", "--clear-groups", *command]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=balancer_environment(),
                              check=False, **more)

    def json(self, *words):
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def get(self, target):
        return self.call("GET", target)

    def call(self, method, target, body=None):
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, "/api/v1" + target, json.dumps(body) if body is not None else None)
            return Answer(connection.getresponse())
        finally:
            connection.close()
