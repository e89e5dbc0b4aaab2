"""The processes around the balancer under test: certificates, servers and the load driver."""

import json
import os
import socket
import subprocess
import urllib.request


def free_port():
    """A port that nobody listens on now; the balancer takes it a moment later."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_listening(port, process, seconds=10.0):
    """Returns once 127.0.0.1:port accepts, and fails at once if the process ends instead."""
    import time

    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} does not listen on port {port}")


class Certificates:
    """An authority and one ECDSA P-256 certificate for every loopback address in use, in `folder`."""

    def __init__(self, folder):
        path = lambda name: os.path.join(folder, name)
        self.ca, self.certificate, self.key, self.bundle = map(path, ("ca.pem", "lb.pem", "lb.key", "bundle.pem"))
        names = "subjectAltName=DNS:localhost," + ",".join(f"IP:127.0.0.{i}" for i in range(1, 9))
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
        self._openssl("req", "-x509", *curve, "-keyout", path("ca.key"), "-out", self.ca, "-subj", "/CN=perf authority")
        self._openssl("req", *curve, "-keyout", self.key, "-out", path("lb.csr"), "-subj", "/CN=localhost")
        with open(path("names"), "w", encoding="ascii") as extension:
            extension.write(names + "\n")
        self._openssl("x509", "-req", "-in", path("lb.csr"), "-CA", self.ca, "-CAkey", path("ca.key"), "-CAcreateserial",
                      "-days", "30", "-extfile", path("names"), "-out", self.certificate)
        with open(self.bundle, "w", encoding="ascii") as bundle:
            for part in (self.certificate, self.key):
                with open(part, encoding="ascii") as source:
                    bundle.write(source.read())

    @staticmethod
    def _openssl(*words):
        subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Farm:
    """winrm-perf-server, answering as `count` servers on 127.0.0.1 and on."""

    def __init__(self, tools, certificates, cores, count=3):
        addresses = [f"127.0.0.{i + 1}" for i in range(count)]
        self.process = subprocess.Popen(
            [os.path.join(tools, "winrm-perf-server"), "--certificate", certificates.certificate, "--key",
             certificates.key, *addresses],
            stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.servers = json.loads(self.process.stdout.readline())

    def held(self):
        """How many polls the servers hold: the proof that they came through the balancer."""
        first = self.servers[0]
        with urllib.request.urlopen(f"http://{first['host']}:{first['port']}/held", timeout=30) as answer:
            return int(answer.read())

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Load:
    """winrm-load with the given words, on its own cores."""

    def __init__(self, tools, cores, port, *words):
        self.process = subprocess.Popen(
            [os.path.join(tools, "winrm-load"), f"127.0.0.1:{port}", *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def result(self, seconds=120):
        """Ends an idle load; waits for any other."""
        output, _ = self.process.communicate(timeout=seconds)
        if not output:
            raise RuntimeError(f"no result from {' '.join(self.process.args)}")
        return json.loads(output.splitlines()[-1])

    def waiting(self):
        """Of an idle load: the line that says that all its polls are out."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self.process.args)} ended with {self.process.wait()}")
        return json.loads(line)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
