#!/usr/bin/env python3
"""Runs winrm-lb and HAProxy through the same mishaps of three simulated servers, and prints what each costs clients.

The mishaps: a server is killed and comes back, a server freezes for eight seconds and thaws, a server answers 503 for
eight seconds. Each time, clients ask on and on, each from an address of its own on one connection as long as that
lasts. When a mishap is over, all of them close their connections for a moment, as between two tasks; the spread is what
comes after. An operation has failed if it ended without a 200, or took longer than a client waits (PATIENCE); the recovery
time is from the mishap until the last failure ended. HAProxy runs the recipe for WinRM: `stick on src`, `http-reuse
never`, `option redispatch`, and checks by Identify as often as winrm-lb's.
"""

import argparse
import collections
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))

import farm
from balancer import Balancer
from many_clients import IDENTIFY, ask, connect_from, identify
from winrm_sim import WinrmSim

PATIENCE = 5.0
MISHAP = 8.0
PAUSE = 0.05  # between two operations of one client
NAMES = ("ps1", "ps2", "ps3")


class HaproxyFarm:
    """HAProxy as a process, with the servers' plain ports."""

    def __init__(self, sims):
        self._folder = tempfile.TemporaryDirectory(prefix="failover-")
        self.plain = ("127.0.0.1", farm.free_port())
        servers = "\n".join(f"  server {sim.name} {sim.http} check inter 2s fastinter 100ms fall 2 rise 2" for sim in sims)
        body = IDENTIFY.replace('"', '\\"').replace(" ", "\\ ")
        path = pathlib.Path(self._folder.name) / "haproxy.cfg"
        path.write_text(f"""\
global
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout check 1500ms
  timeout client 1h
  timeout server 1h
  option redispatch
  http-reuse never
listen farm
  bind 127.0.0.1:{self.plain[1]}
  balance leastconn
  stick-table type ip size 1m expire 2h
  stick on src
  option httpchk
  http-check send meth POST uri /wsman ver HTTP/1.1 hdr Host farm hdr WSMANIDENTIFY unauthenticated hdr Content-Type "application/soap+xml;charset=UTF-8" body "{body}"
  http-check expect status 200
{servers}
""", encoding="ascii")
        self._process = subprocess.Popen(["haproxy", "-db", "-f", str(path)], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        farm.wait_listening(self.plain[1], self._process)
        time.sleep(2.5)  # for the first checks

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def has_ended(connection):
    """Whether the other side has closed it, which HTTP clients look for before they use it again."""
    connection.setblocking(False)  # with a time-out, Python would wait for a byte
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(PATIENCE)


class Client(threading.Thread):
    """Asks on and on. Notes of each operation when it began, when it ended, and what was wrong with it (None: nothing)."""

    def __init__(self, address, to):
        super().__init__(daemon=True)
        self.address, self.to = address, to
        self.operations, self.enough, self.idle = [], threading.Event(), threading.Event()

    def run(self):
        connection = None
        while not self.enough.is_set():
            if self.idle.is_set():
                if connection:
                    connection.close()
                connection = None
                self.enough.wait(PAUSE)
                continue
            began, problem = time.monotonic(), None
            try:
                if connection is not None and has_ended(connection):
                    connection.close()
                    connection = None
                if connection is None:
                    connection = connect_from(self.address, self.to)
                    connection.settimeout(PATIENCE)
                answer = ask(connection, identify(self.address))
                if answer.status != 200:
                    problem = str(answer.status)
                if answer.field("Connection") == "close":
                    connection.close()
                    connection = None
            except OSError as error:
                problem = type(error).__name__
                if connection:
                    connection.close()
                connection = None
            self.operations.append((began, time.monotonic(), problem))
            self.enough.wait(PAUSE)
        if connection:
            connection.close()


def spread(sims, addresses):
    """How many of the addresses each server has seen since its journal was cleared."""
    last = {}
    for sim in sims:
        if not sim.alive():
            continue
        for entry in sim.seen():
            if entry["user_agent"] in addresses:
                last[entry["user_agent"]] = sim.name
    counts = collections.Counter(last.values())
    return "/".join(str(counts[name]) for name in NAMES)


def failures(clients, since):
    return [(client, end, problem) for client in clients
            for began, end, problem in list(client.operations) if problem and end >= since]


def newcomers(to, first, count):
    """New addresses ask once each, one after the other; how many of them failed."""
    failed = 0
    for i in range(count):
        try:
            with connect_from(f"127.0.9.{first + i}", to) as connection:
                connection.settimeout(PATIENCE)
                failed += ask(connection, identify(f"127.0.9.{first + i}")).status != 200
        except OSError:
            failed += 1
    return failed


def kill(sim):
    sim.kill()
    return sim.start


def freeze(sim):
    os.kill(sim.pid, signal.SIGSTOP)
    return lambda: os.kill(sim.pid, signal.SIGCONT)


def answer_503(sim):
    sim.fault("503")
    return lambda: sim.fault("none")


def go_through(balancer, sims, clients_count):
    """One row per mishap: failed operations, worst client, recovery, failed newcomers, spread at the end."""
    addresses = [f"127.0.8.{i + 1}" for i in range(clients_count)]
    clients = [Client(address, balancer.plain) for address in addresses]
    for client in clients:
        client.start()
    time.sleep(2)
    rows = []
    for number, (name, mishap) in enumerate((("killed, back after 8 s", kill), ("frozen for 8 s", freeze), ("503 for 8 s", answer_503))):
        began = time.monotonic()
        undo = mishap(sims[number])
        time.sleep(4)  # the time in which a frozen server must be left by new addresses
        failed_newcomers = newcomers(balancer.plain, 10 * number + 1, 6)
        time.sleep(max(0.0, began + MISHAP - time.monotonic()))
        undo()
        time.sleep(6)
        problems = failures(clients, began)
        per_client = collections.Counter(client.address for client, _, _ in problems)
        for client in clients:  # between two tasks of each: whoever holds nothing may be led back
            client.idle.set()
        time.sleep(1)
        for sim in sims:
            sim.clear_seen()
        for client in clients:
            client.idle.clear()
        time.sleep(2)
        rows.append((name, len(problems), max(per_client.values(), default=0),
                     max((end - began for _, end, _ in problems), default=0.0), failed_newcomers, spread(sims, addresses)))
    for client in clients:
        client.enough.set()
    for client in clients:
        client.join(PATIENCE + 1)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=60, help="addresses that ask on and on (60)")
    parser.add_argument("--build", default=str(HERE.parent / "build" / "release"), help="build folder (build/release)")
    options = parser.parse_args()
    os.environ.setdefault("WINRMLB_PROGRAMS", options.build)
    print(f"{options.clients} clients, 3 servers; spread: addresses per server, of those that ask on")
    print(f"{'':9} {'mishap':24} {'failed':>6} {'worst client':>12} {'recovery':>9} {'failed newcomers':>16}  spread")
    for name in ("haproxy", "winrm-lb"):
        with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
             WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two, \
             WinrmSim("ps3", address="127.0.0.13", allow_unencrypted=True) as three:
            sims = (one, two, three)
            with (HaproxyFarm(sims) if name == "haproxy" else Balancer(sims)) as balancer:
                for mishap, failed, worst, recovery, failed_newcomers, where in go_through(balancer, sims, options.clients):
                    print(f"{name:9} {mishap:24} {failed:6} {worst:12} {recovery:8.1f}s {failed_newcomers:14}/6  {where}", flush=True)


if __name__ == "__main__":
    main()
