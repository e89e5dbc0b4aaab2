"""Starts the real winrm-lb for tests and talks to it.

    from balancer import Balancer

    with Balancer([ps1, ps2]) as balancer:        # WinrmSim objects, or names to {"host":, "port":, "tls_port":}
        balancer.plain, balancer.tls              # ("127.0.0.1", 41234) of the listeners; ports picked by the kernel;
                                                  #   each is there if all servers have such a port
        balancer.admin                            # the same of its HTTP Api, with admin={"bind": "127.0.0.1:0"}
        balancer.url, balancer.tls_url            # "http://127.0.0.1:41234/wsman", "https://..."
        balancer.status(), balancer.explain("127.0.0.21")       # dicts, as `winrm-lb status --json` prints them
        balancer.server("ps1")                    # its part of the status
        balancer.await_status(lambda status: ...) # the first status that pleases
        balancer.access_log(lambda lines: len(lines) > 9)       # one dict per exchange, once they please; the log comes
        balancer.session_log(lambda lines: lines)               #   in blocks; one per session that has ended
        balancer.anonymous_bytes()                # private memory of the process, from smaps_rollup
        balancer.pid, balancer.stop()             # SIGTERM, then waits; gives the exit code
        balancer.restart()                        # on the same ports, with an empty memory
        balancer.kill_and_restart()               # SIGKILL, then the same

Further arguments: workers=2, pool={...}, limits={...} and admin={...} are merged into the configuration; certificate= and key= are
for the TLS listener, made if they are not given. JSON is written, which YAML contains. The servers of WinrmSim objects
are verified by no authority: each has a certificate of its own. With patience= the waits above may take that many
seconds. program= is another path of it; launcher= are words before its command line, environment= is added to what it
inherits, and pass_fds= are descriptors that it inherits.

The program is found in $WINRMLB_PROGRAMS, or in the build folder used last.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import time

from winrm_sim import ROOT, make_certificate

POOL = "farm"  # what its one pool is called
PATIENCE = 30  # seconds, for what should take far less than one


def find_balancer():
    """Path of the winrm-lb program."""
    if "WINRMLB_PROGRAMS" in os.environ:
        return str(pathlib.Path(os.environ["WINRMLB_PROGRAMS"]) / "winrm-lb")
    built = sorted(ROOT.glob("build/*/winrm-lb"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise FileNotFoundError("winrm-lb is not built: cmake --build --preset release --target winrm-lb")
    return str(built[-1])


def is_optimised():
    """Coroutine frames, and with them sessions, are larger in a build that is not."""
    return not os.environ.get("WINRMLB_BUILD", "").startswith("Debug")


def has_plain_allocator():
    """Sanitizers keep what was freed, so that memory then says nothing about the balancer."""
    return not os.environ.get("WINRMLB_BUILD", "").partition(" ")[2]


def balancer_environment():
    """The balancer never needs OpenSSL's legacy provider, and must not get it because its test does."""
    return {name: value for name, value in os.environ.items() if name != "OPENSSL_CONF"}


def server_settings(sim):
    settings = {}
    if sim.http:
        settings["host"], port = sim.http.rsplit(":", 1)
        settings["port"] = int(port)
    if sim.https:
        settings["host"], port = sim.https.rsplit(":", 1)
        settings["tls_port"] = int(port)
    return settings


def address_of(text):
    """Host and port of "127.0.0.1:5985"; of what is apart already, the same."""
    if isinstance(text, tuple):
        return text
    host, port = text.rsplit(":", 1)
    return host, int(port)


def await_value(get, enough, patience=PATIENCE):
    """What `get` gives once `enough` says so, or at last."""
    until = time.monotonic() + patience
    while True:
        value = get()
        if enough(value) or time.monotonic() > until:
            return value
        time.sleep(0.02)


class Balancer:
    def __init__(self, servers, *, workers=2, pool=None, limits=None, admin=None, certificate=None, key=None,
                 patience=PATIENCE, program=None, launcher=(), environment=None, pass_fds=()):
        self._folder = tempfile.TemporaryDirectory(prefix="winrm-lb-")
        self.folder = pathlib.Path(self._folder.name)
        self.patience = patience
        self.program, self.launcher = program or find_balancer(), list(launcher)
        self.environment, self.pass_fds = dict(environment or {}), tuple(pass_fds)
        self.configuration = self.folder / "winrm-lb.yaml"
        self.socket, self.access_file = self.folder / "control.sock", self.folder / "access.log"
        if certificate is None:
            certificate, key = make_certificate(self.folder, name="winrm-lb")
        self.certificate = certificate
        pool = dict(pool or {})
        if isinstance(servers, dict):
            pool["health"] = {"probe": "tcp", **pool.get("health", {})}  # they need not know Identify
        else:
            servers = {sim.name: server_settings(sim) for sim in servers}
        listeners = [
            {"name": "plain", "bind": "127.0.0.1:0", "pool": POOL},
            {"name": "tls", "bind": "127.0.0.1:0", "pool": POOL,
             "tls": {"certificate": str(certificate), "key": str(key)}}]
        # A listener is there if all servers have its port: they are checked on the ports of all listeners.
        listeners = [one for one in listeners
                     if all(("tls_port" if "tls" in one else "port") in settings for settings in servers.values())]
        self.settings = {
            "workers": workers,
            "listeners": listeners,
            "pools": {POOL: {"servers": servers, "server_tls": {"verify": "none"}, **pool}},
            "admin": {"socket": str(self.socket), **(admin or {})},
            "log": {"file": str(self.folder / "winrm-lb.log"), "access_file": str(self.access_file)}}
        if limits:
            self.settings["limits"] = limits
        self._process = None
        self.plain = self.tls = self.admin = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self._folder.cleanup()

    # Life.

    def start(self):
        self.write_configuration()
        process = subprocess.Popen([*self.launcher, str(self.program), "run", "--config", str(self.configuration), "--print-ports"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=self.pass_fds,
                                   env={**balancer_environment(), **self.environment})
        ready = next((line for line in process.stdout if b'"listeners"' in line), None)
        if ready is None:
            raise RuntimeError(f"winrm-lb ended with {process.wait()}: {process.stderr.read().decode(errors='replace')}")
        self._process = process
        ports = json.loads(ready)
        listeners = {one["name"]: address_of(one["bind"]) for one in ports["listeners"]}
        self.admin = address_of(ports["admin"]) if "admin" in ports else None
        self.plain, self.tls = listeners.get("plain"), listeners.get("tls")
        return self

    def write_configuration(self):
        self.configuration.write_text(json.dumps(self.settings, indent=1), encoding="utf-8")

    def stop(self):
        if self._process is None:
            return None
        self._process.terminate()
        try:
            code = self._process.wait(self.patience)
        except subprocess.TimeoutExpired:  # a test that failed half-way may have left it with exchanges that never end
            self._process.kill()
            code = self._process.wait()
        self._process.stdout.close()
        self._process.stderr.close()
        self._process = None
        return code

    def restart(self):
        """Stops it and starts it on the same ports, with an empty memory."""
        self._keep_ports()
        self.stop()
        return self.start()

    def kill_and_restart(self):
        self._keep_ports()
        self._process.kill()
        self.stop()
        return self.start()

    def _keep_ports(self):
        addresses = {"plain": self.plain, "tls": self.tls}
        for listener in self.settings["listeners"]:
            if addresses.get(listener["name"]):
                listener["bind"] = "{}:{}".format(*addresses[listener["name"]])

    @property
    def pid(self):
        return self._process.pid

    def alive(self):
        return self._process is not None and self._process.poll() is None

    @property
    def url(self):
        return "http://{}:{}/wsman".format(*self.plain)

    @property
    def tls_url(self):
        return "https://{}:{}/wsman".format(*self.tls)

    # What it says of itself.

    def ask(self, *words):
        output = subprocess.run([find_balancer(), *words, "--json", "--socket", str(self.socket)], check=True,
                                capture_output=True, env=balancer_environment()).stdout
        return json.loads(output)

    def status(self):
        return self.ask("status")

    def server(self, name):
        return next(server for pool in self.status()["pools"] for server in pool["servers"] if server["name"] == name)

    def explain(self, client):
        return self.ask("explain", "--client", client)

    def await_status(self, enough):
        status = await_value(self.status, enough, self.patience)
        assert enough(status), f"the balancer never came to be as expected: {json.dumps(status)}"
        return status

    def await_state(self, name, state):
        return await_value(lambda: self.server(name)["state"], lambda now: now == state, self.patience) == state

    def access_log(self, enough=lambda lines: True):
        return self._logged("exchange", enough)

    def session_log(self, enough=lambda lines: True):
        return self._logged("session", enough)

    def _logged(self, what, enough):
        lines = await_value(lambda: self._access_lines(what), enough, self.patience)
        assert enough(lines), f"the access log never held what was expected; its {len(lines)} lines end with {lines[-3:]}"
        return lines

    def _access_lines(self, what):
        if not self.access_file.exists():
            return []
        whole = self.access_file.read_text(encoding="utf-8").rpartition("\n")[0]
        return [line for line in map(json.loads, whole.splitlines()) if line["message"] == what]

    def anonymous_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Anonymous:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no figure of anonymous memory in smaps_rollup")
