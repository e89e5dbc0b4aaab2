"""The demonstration behind demo.sh: three simulated servers, the balancer, and a real client's work through it.

Each promise is shown and checked: one server per client address whichever port it comes to, an even spread, and a
server's death that costs new work nothing. Started by demo.sh, which has built the programs.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import requests.adapters
import winrm

BALANCER = "127.0.0.1"
SERVERS = {"ps1": "127.0.0.11", "ps2": "127.0.0.12", "ps3": "127.0.0.13"}
CLIENTS = ["127.0.0.21", "127.0.0.22", "127.0.0.23", "127.0.0.24"]
USER, PASSWORD = "robot", "demo-password"
TOKEN = "demo-token-for-the-page"
EXCHANGES = 10  # of a run_cmd and a run_ps: create, command, receive, signal and delete, twice
START_SECONDS = 20  # to be up, even on a busy machine


class Failure(Exception):
    """What went wrong, for the person at the terminal; `log` is the file that may say more."""

    def __init__(self, text, log=None):
        super().__init__(text)
        self.log = log


# ---- programs -----------------------------------------------------------------------------------------------


class Program:
    """A child process with its output in a log. In a process group of its own, so that Ctrl-C reaches us alone
    and we end everything in order."""

    def __init__(self, name, command, folder):
        self.name, self.command, self.folder = name, command, folder
        self.log = folder / f"{name}.log"
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)

    def await_port(self, address, port):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended at once, with exit code {self.process.returncode}", self.log)
            with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
                return
            time.sleep(0.02)
        raise Failure(f"{self.name} does not accept connections on {address}:{port}", self.log)

    def stop(self, how=signal.SIGTERM):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def refuse_busy_ports(options):
    for name, address in {"the balancer": BALANCER, **SERVERS}.items():
        for port in (options.port, options.tls_port, *([page_port(options)] if address == BALANCER else [])):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((address, port))
                except OSError as error:
                    other = "25985 --tls-port 25986" if options.port == 15985 else "15985 --tls-port 15986"
                    raise Failure(f"{address}:{port}, meant for {name}, cannot be used: {error.strerror}.\n"
                                  "Another program (an earlier demo?) has it; end that, or choose other ports, e.g.\n"
                                  f"  ./demo.sh --port {other}") from None


# ---- certificates and configuration -------------------------------------------------------------------------


def openssl(folder, *arguments):
    outcome = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if outcome.returncode:
        raise Failure(f"openssl {arguments[0]} failed: {outcome.stderr.strip()}")


def make_certificates(folder):
    """A certificate authority for this folder alone, and a certificate each for the balancer and the servers."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=winrm-lb demo CA",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    for name, addresses in {"lb": [BALANCER], "servers": SERVERS.values()}.items():
        names = ",".join(["DNS:localhost", *(f"IP:{address}" for address in addresses)])
        (folder / "extensions").write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n", encoding="utf-8")
        openssl(folder, "req", "-new", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN=demo {name}")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
                "-extfile", "extensions", "-out", f"{name}.pem")


def page_port(options):
    """Where the dashboard, the API and /metrics are: beside the listeners."""
    return options.tls_port + 1


def write_configuration(folder, options):
    def ports():  # said only where they differ from what a server has anyway
        if (options.port, options.tls_port) == (5985, 5986):
            return ""
        return f", port: {options.port}, tls_port: {options.tls_port}"

    servers = "".join(f"      {name}: {{host: {address}{ports()}}}\n" for name, address in SERVERS.items())
    text = f"""\
listeners:
  - {{bind: "{BALANCER}:{options.port}", pool: teams}}
  - {{bind: "{BALANCER}:{options.tls_port}", pool: teams, tls: {{certificate: lb.pem, key: lb.key}}}}
pools:
  teams:
    server_tls: {{ca: ca.pem}}
    servers:
{servers}admin: {{bind: "{BALANCER}:{page_port(options)}", token_file: tokens.txt, socket: control.sock}}
log: {{file: winrm-lb.log, access_file: access.log}}
"""
    (folder / "winrm-lb.yaml").write_text(text, encoding="utf-8")
    (folder / "tokens.txt").write_text(f"demo {TOKEN}\n", encoding="utf-8")
    (folder / "users.txt").write_text(f":{USER}:{PASSWORD}\n", encoding="utf-8")
    return text


# ---- the client ---------------------------------------------------------------------------------------------


class FromAddress(requests.adapters.HTTPAdapter):
    """Makes a requests session connect from the given address, as if it were a machine of its own."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


def run_from(address, url, folder, work):
    """Does `work` with a pywinrm session from the address, and gives what the command printed."""
    tls = url.startswith("https")
    session = winrm.Session(url, auth=(USER, PASSWORD), transport="ssl" if tls else "plaintext",
                            ca_trust_path=str(folder / "ca.pem") if tls else None)
    transport = session.protocol.transport
    transport.build_session()
    transport.session.trust_env = False
    for scheme in ("http://", "https://"):
        transport.session.mount(scheme, FromAddress(address))
    with contextlib.closing(transport.session):
        answer = work(session)
    if answer.status_code != 0:
        raise Failure(f"the command from {address} ended with {answer.status_code}: {answer.std_err.decode(errors='replace')}")
    return answer.std_out.decode().strip()


class Farm:
    def __init__(self, options):
        self.options, self.folder = options, options.folder
        self.plain = f"http://{BALANCER}:{options.port}/wsman"
        self.tls = f"https://{BALANCER}:{options.tls_port}/wsman"
        self.servers = {name: Program(name, self.server_command(name, address), self.folder)
                        for name, address in SERVERS.items()}
        self.balancer = Program("winrm-lb", [options.programs / "winrm-lb", "run", "--config", "winrm-lb.yaml"], self.folder)

    def server_command(self, name, address):
        return [self.options.programs / "winrm-sim", "--name", name, "--http", f"{address}:{self.options.port}",
                "--https", f"{address}:{self.options.tls_port}", "--certificate", "servers.pem", "--key", "servers.key",
                "--users-file", "users.txt", "--auth", "basic", "--allow-unencrypted"]

    def start(self):
        for name, program in self.servers.items():
            program.start()
            program.await_port(SERVERS[name], self.options.port)
        self.balancer.start()
        self.balancer.await_port(BALANCER, self.options.tls_port)

    def stop(self):
        for program in (self.balancer, *self.servers.values()):
            program.stop()

    def run_cmd(self, client):
        return run_from(client, self.plain, self.folder, lambda session: session.run_cmd("hostname")).lower()

    def run_ps(self, client):
        return run_from(client, self.tls, self.folder, lambda session: session.run_ps("hostname")).lower()

    def why(self, client, enough):
        """The reasons in the access log of this client's exchanges, in order, once `enough` says it has them all."""
        until = time.monotonic() + 3
        while True:
            # Each worker hands its lines over in blocks, so their order in the file is not that of time.
            lines = (self.folder / "access.log").read_text(encoding="utf-8").splitlines()
            entries = sorted((json.loads(line) for line in lines), key=lambda entry: entry["time"])
            reasons = [entry["reason"] for entry in entries
                       if entry.get("client", "").startswith(client + ":") and entry.get("reason")]
            if enough(reasons) or time.monotonic() > until:
                return reasons
            time.sleep(0.05)


# ---- the show -----------------------------------------------------------------------------------------------


def check(holds, text):
    print(f"  {'yes' if holds else 'NO '}  {text}")
    return holds


def show_affinity(farm):
    print("\nFour clients, each on both ports: run_cmd('hostname') over HTTP, run_ps('hostname') over HTTPS\n")
    print(f"  {'client':<12} {'port ' + str(farm.options.port):<11} {'port ' + str(farm.options.tls_port):<11} why")
    plain, tls = {}, {}
    for client in CLIENTS:
        plain[client], tls[client] = farm.run_cmd(client), farm.run_ps(client)
        reasons = farm.why(client, lambda found: len(found) >= EXCHANGES)
        first, then = (reasons[:1] or ["?"])[0], sorted(set(reasons[1:])) or ["?"]
        print(f"  {client:<12} {plain[client]:<11} {tls[client]:<11} first request: {first}; the {len(reasons) - 1} after it: {', '.join(then)}")
    print()
    again = {client: {farm.run_cmd(client), farm.run_ps(client)} for client in CLIENTS}
    spread = sorted((list(plain.values()).count(name) for name in SERVERS), reverse=True)
    return plain, all([
        check(plain == tls, "both ports lead a client to the same server"),
        check(all(again[client] == {plain[client]} for client in CLIENTS), "a client that comes again finds its server again"),
        check(spread == [2, 1, 1], f"four clients spread evenly over three servers: {'/'.join(map(str, spread))}")])


def show_failover(farm, homes):
    client = CLIENTS[0]
    home = homes[client]
    farm.servers[home].stop(signal.SIGKILL)
    print(f"\n{home}, the server of {client}, is killed\n")
    began = time.monotonic()
    now_on = farm.run_cmd(client)
    took = time.monotonic() - began
    reasons = farm.why(client, lambda found: "failover" in found)
    others = {other: farm.run_cmd(other) for other in CLIENTS if homes[other] != home}
    good = all([
        check(now_on != home and now_on in SERVERS, f"its next command is served at once: by {now_on}, {1000 * took:.0f} ms for all five requests of pywinrm"),
        check("failover" in reasons, "the access log says why: failover"),
        check(all(others[other] == homes[other] for other in others), "the clients of the other servers notice nothing")])
    farm.servers[home].start()
    farm.servers[home].await_port(SERVERS[home], farm.options.port)
    print(f"\n  {home} is started again")
    return good


def show(farm):
    homes, even = show_affinity(farm)
    return show_failover(farm, homes) and even


def stay(farm):
    folder, options = farm.folder, farm.options
    socket_path = os.path.relpath(folder / "control.sock")
    program = os.path.relpath(options.programs / "winrm-lb")
    print(f"""
Everything stays up until Ctrl-C. The dashboard: http://{BALANCER}:{page_port(options)}/ (its token: {TOKEN})

To try, from another terminal:

  {program} status --socket {socket_path}
  {program} top --socket {socket_path}
  {program} explain --socket {socket_path} --client {CLIENTS[0]}
  tail -f {os.path.relpath(folder / "access.log")}

and any WinRM client: {farm.plain} or {farm.tls},
user {USER}, password {PASSWORD}, basic authentication; the certificate authority is {os.path.relpath(folder / "ca.pem")}.""", flush=True)
    while True:
        for program in (farm.balancer, *farm.servers.values()):
            if program.process.poll() is not None:
                raise Failure(f"{program.name} ended, with exit code {program.process.returncode}", program.log)
        time.sleep(0.5)


def port_number(text):
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port; expected 1 to 65535")


def main():
    parser = argparse.ArgumentParser(prog="demo.sh", description=__doc__,
                                     usage="./demo.sh [--once] [--port PORT] [--tls-port PORT]")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="the folder of winrm-lb and winrm-sim")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="where certificates, configuration and logs go")
    parser.add_argument("--port", type=port_number, default=5985)
    parser.add_argument("--tls-port", type=port_number, default=5986)
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    if options.port in (options.tls_port, page_port(options)) or options.tls_port == 65535:
        parser.error("the two ports and the one after the second, the dashboard's, must differ")
    if options.port != 5985:  # beside a demonstration that may be up on the usual ports
        options.folder = options.folder.with_name(f"{options.folder.name}-{options.port}")
    options.folder.mkdir(parents=True, exist_ok=True)
    options.folder, options.programs = options.folder.resolve(), options.programs.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    farm = Farm(options)
    try:
        refuse_busy_ports(options)
        for old in options.folder.glob("*.log"):
            old.unlink()
        make_certificates(options.folder)
        print(f"The configuration, {os.path.relpath(options.folder / 'winrm-lb.yaml')}:\n")
        print("".join(f"    {line}\n" for line in write_configuration(options.folder, options).splitlines()))
        farm.start()
        print("The farm is up: " + ", ".join(f"{name} on {address}" for name, address in SERVERS.items())
              + f"; winrm-lb on {BALANCER}, ports {options.port} and {options.tls_port}.")
        good = show(farm)
        print("\nAll as promised." if good else "\nNOT as promised; see the lines marked NO.")
        if not options.once:
            stay(farm)
        return 0 if good else 1
    except KeyboardInterrupt:
        print("\nStopping everything.")
        return 0
    except Failure as failure:
        print(f"\ndemo.sh: {failure}", file=sys.stderr)
        if failure.log and failure.log.exists():
            print(f"\nThe end of {os.path.relpath(failure.log)}:", file=sys.stderr)
            print("\n".join(failure.log.read_text(errors="replace").splitlines()[-15:]), file=sys.stderr)
        return 1
    except Exception as error:  # pylint: disable=broad-except  # pywinrm's and requests' errors have no common base
        print(f"\ndemo.sh: {type(error).__name__}: {error}", file=sys.stderr)
        log = farm.balancer.log
        if log.exists():
            print(f"\nThe end of {os.path.relpath(log)}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]), file=sys.stderr)
        return 1
    finally:
        farm.stop()


if __name__ == "__main__":
    sys.exit(main())
