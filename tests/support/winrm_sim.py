"""Starts and steers simulated PowerShell proxy servers (winrm-sim) for tests and demonstrations.

    from winrm_sim import WinrmSim, legacy_environment

    with WinrmSim("ps1", allow_unencrypted=True) as ps1:
        ps1.http            # "127.0.0.1:41234", picked by the kernel; None if it has no such listener
        ps1.https           # with https=True (a certificate of its own is made) or certificate=, key=
        ps1.url, ps1.tls_url            # "http://127.0.0.1:41234/wsman", "https://..."
        ps1.seen()                      # one dict per HTTP request; keys: see `winrm-sim` GET /seen
        ps1.seen(operation="Command")   # only those whose fields equal what is given
        ps1.seen(checks=True)           # a balancer's checks too, which are left out otherwise
        ps1.clear_seen()
        ps1.executed()                  # one dict per message carried out: message_id, operation, shell_id, command_id,
        ps1.executed(times=2)           #   user, connections, times; clear_executed() forgets them
        ps1.shells(), ps1.counters()    # list of dicts; dict (interpreter counters by name)
        ps1.totals()                    # connections_accepted, connections_open, shells, uptime
        ps1.fault("hang"); ps1.fault("none")
        ps1.fault("reset", operation="Command", count=1)     # modes: none, hang, refuse, reset, reset_before, close,
        ps1.fault("slow", delay_ms=300, port="https")        #   slow, 503, quota (code=2150859173)
        ps1.kill_shells(); ps1.cut(); ps1.restart()          # lose shells; reset connections; both
        ps1.kill(); ps1.start()                              # SIGKILL; start again on the same ports
        ps1.pid, ps1.alive()

Arguments of WinrmSim(name, *, address="127.0.0.1", http=True, https=False, users=DEFAULT_USERS,
allow_unencrypted=False, auth=None, cbt=None, certificate=None, key=None, options=(), environment=None, binary=None).
`address` may be any loopback address; `http` and `https` may be a port number (True: port 0). `options` are further
command-line options. `users` are (domain, user, password), with "user" as a fourth for one who is no administrator;
DEFAULT_USER and DEFAULT_PASSWORD are the first of them. `cbt` is none, relaxed or strict.

Processes that speak NTLM in Python need OpenSSL's legacy provider before they start: legacy_environment() is the
environment to start them with, ensure_legacy() starts the present script anew under it if need be. It also drops
the variables that would make requests trust another CA than the test says. negotiate_environment(sim) is for curl
--negotiate -u : with the NTLM mechanism, as the first user.

The binary is found through $WINRM_SIM, or in $WINRMLB_PROGRAMS, or in the build folder used last.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.request

SUPPORT = pathlib.Path(__file__).resolve().parent
ROOT = SUPPORT.parent.parent
LEGACY_CONFIGURATION = SUPPORT / "openssl-legacy.cnf"

# No ':' in passwords: Debian's gss-ntlmssp 1.2.0 reads a password only up to it, so that NTLM would fail.
DEFAULT_USERS = (("CORP", "svc", "Secret-1"), ("CORP", "other", "Secret-2"), ("CORP", "third", "Secret-3"))
CHECKS = "winrm-lb"  # the User-Agent of a balancer's own requests
DEFAULT_USER = "CORP\\svc"
DEFAULT_PASSWORD = "Secret-1"


def legacy_environment(base=None):
    """The environment with OpenSSL's legacy provider activated."""
    environment = dict(os.environ if base is None else base)
    environment["OPENSSL_CONF"] = str(LEGACY_CONFIGURATION)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        environment.pop(name, None)
    return environment


def negotiate_environment(sim):
    """For a client that logs in by GSSAPI's NTLM mechanism without being asked for a password: its first user."""
    file = pathlib.Path(sim._folder.name) / "login"
    file.touch(mode=0o600)
    file.write_text(":".join(sim.users[0][:3]) + "\n", encoding="utf-8")
    return {**legacy_environment(), "NTLM_USER_FILE": str(file)}


def ensure_legacy():
    """Starts this very script anew with the legacy provider, unless it runs with it already."""
    if os.environ.get("OPENSSL_CONF") != str(LEGACY_CONFIGURATION):
        os.execvpe(sys.executable, sys.orig_argv, legacy_environment())


def find_binary():
    """Path of the winrm-sim program."""
    if "WINRM_SIM" in os.environ:
        return os.environ["WINRM_SIM"]
    if "WINRMLB_PROGRAMS" in os.environ:
        return str(pathlib.Path(os.environ["WINRMLB_PROGRAMS"]) / "winrm-sim")
    built = sorted(ROOT.glob("build/*/winrm-sim"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise FileNotFoundError("winrm-sim is not built: cmake --build --preset release --target winrm-sim")
    return str(built[-1])


def make_certificate(folder, address="127.0.0.1", name="winrm-sim"):
    """A self-signed certificate for that address; returns the paths of certificate and key."""
    certificate, key = pathlib.Path(folder) / f"{name}.pem", pathlib.Path(folder) / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address},DNS:localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True)
    return certificate, key


class WinrmSim:
    def __init__(self, name, *, address="127.0.0.1", http=True, https=False, users=DEFAULT_USERS,
                 allow_unencrypted=False, auth=None, cbt=None, certificate=None, key=None, options=(), environment=None,
                 binary=None):
        self.name, self.address, self.users = name, address, users
        self._folder = tempfile.TemporaryDirectory(prefix="winrm-sim-")
        self._wanted = {"http": http, "https": https}
        self._auth, self._allow_unencrypted = auth, allow_unencrypted
        self._options, self._environment = list(options), environment
        if cbt is not None:
            self._options += ["--cbt", cbt]
        self._binary = binary or find_binary()
        self.certificate, self.key = certificate, key
        if https is not False and https is not None and certificate is None:
            self.certificate, self.key = make_certificate(self._folder.name, address, name)
        self._process = None
        self.http = self.https = self.control = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self._folder.cleanup()

    # Life.

    def start(self):
        """Starts the program and waits for its ready line. Ports that it had before are taken again."""
        process = subprocess.Popen(self._command(), stdout=subprocess.PIPE,
                                   env=legacy_environment(self._environment))
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} did not start (exit code {process.wait()})")
        ready = json.loads(line)
        self._process = process
        self.http, self.https, self.control = ready.get("http"), ready.get("https"), ready["control"]
        return self

    def _command(self):
        users = pathlib.Path(self._folder.name) / "users"
        users.touch(mode=0o600)
        users.write_text("".join(":".join(user if len(user) == 4 else (*user, "administrator")) + "\n"
                                 for user in self.users), encoding="utf-8")
        command = [self._binary, "--name", self.name, "--accounts-file", str(users),
                   "--control", self.control or "127.0.0.1:0"]
        for port in ("http", "https"):
            wanted = self._wanted[port]
            if wanted is False or wanted is None:
                continue
            number = 0 if wanted is True else wanted
            command += [f"--{port}", getattr(self, port) or f"{self.address}:{number}"]
        if self.certificate is not None:
            command += ["--certificate", str(self.certificate), "--key", str(self.key)]
        if self._auth is not None:
            command += ["--auth", self._auth]
        if self._allow_unencrypted:
            command += ["--allow-unencrypted"]
        return command + self._options

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    def kill(self):
        """As if the machine lost its power, seen from a process that still has a kernel: connections are reset."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()
        self._process = None

    def alive(self):
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    @property
    def url(self):
        return f"http://{self.http}/wsman"

    @property
    def tls_url(self):
        return f"https://{self.https}/wsman"

    # The control endpoint.

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.control}{path}", data=data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as response:
            return json.loads(response.read())

    def seen(self, checks=False, **fields):
        entries = self.ask("GET", "/seen")["seen"]
        return [entry for entry in entries if (checks or entry["user_agent"] != CHECKS) and all(entry[key] == value for key, value in fields.items())]

    def clear_seen(self):
        self.ask("DELETE", "/seen")

    def executed(self, **fields):
        entries = self.ask("GET", "/executed")["executed"]
        return [entry for entry in entries if all(entry[key] == value for key, value in fields.items())]

    def clear_executed(self):
        self.ask("DELETE", "/executed")

    def shells(self):
        return self.ask("GET", "/shells")["shells"]

    def counters(self):
        return self.ask("GET", "/counters")["counters"]

    def totals(self):
        return self.ask("GET", "/counters")

    def fault(self, mode, **details):
        return self.ask("POST", "/fault", {"mode": mode, **details})

    def kill_shells(self):
        return self.ask("POST", "/kill_shells")["shells"]

    def cut(self):
        return self.ask("POST", "/cut")["connections"]

    def restart(self):
        return self.ask("POST", "/restart")
