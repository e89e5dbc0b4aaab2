#!/usr/bin/env python3
"""Counts what one exchange costs the balancer in calls and allocations, and holds it to BUDGETS.

Counts only, never times: they are the same on every machine, so a test may insist on them. Two runs of different
length on fresh processes are subtracted, which leaves what an exchange costs without what opening a connection costs.
The counts of the busiest thread are taken: it is the worker, and health checks run elsewhere.
"""

import argparse
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import farm
import proxies
from scenarios import Scenario

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTS = ("allocations", "allocated_bytes", "live_bytes", "frees", "receives", "sends", "splices", "epoll_waits", "epoll_ctls")
SLOTS = 64  # as in count.cpp

SMALL, SMALL_TLS = Scenario("small-plain", "small"), Scenario("small-tls-both", "small", client_tls=True, server_tls=True)
CONNECT, BULK = Scenario("new-connection-plain", "connect"), Scenario("bulk-plain", "bulk")
IDLE = Scenario("idle-plain", "idle")

# (scenario, what is counted, the least and the most that one exchange may need). Four data calls are the floor of a
# relay: request in, request out, answer in, answer out; a new connection adds the one that reads its end, and changes
# in epoll: a socket is registered and forgotten once. A lone session waits for each of its ends in turn; what is due
# by the clock makes the number of waits a little uneven. With many sessions, waits are shared.
BUDGETS = [
    (SMALL, "receives", 2, 2),
    (SMALL, "sends", 2, 2),
    (SMALL, "splices", 0, 0),
    (SMALL, "epoll_waits", 0, 2.1),
    (SMALL, "epoll_ctls", 0, 0),
    (SMALL, "allocations", 0, 0),
    (SMALL_TLS, "receives", 2, 2),
    (SMALL_TLS, "sends", 2, 2),
    (SMALL_TLS, "epoll_waits", 0, 2.1),
    (SMALL_TLS, "epoll_ctls", 0, 0),
    (SMALL_TLS, "allocations", 0, 8),  # OpenSSL's, and small
    (SMALL_TLS, "allocated_bytes", 0, 400),
    (CONNECT, "receives", 3, 3),
    (CONNECT, "sends", 2, 2),
    (CONNECT, "epoll_waits", 0, 5.1),
    (CONNECT, "epoll_ctls", 4, 4),
    (CONNECT, "allocations", 0, 4),
    # A waiting poll: its session, what its exchange must remember, and the pin of its shell (325 bytes).
    (IDLE, "live_bytes", 0, 2000),
]

# A connection may need a read more or less at its beginning than the one it is compared with.
SLACK = 0.01

# Printed beside the budgets, so that a change shows.
SHOWN = [SMALL, SMALL_TLS, CONNECT, BULK, IDLE]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build", "release"), help="build folder (build/release)")
    parser.add_argument("--winrm-lb", help="the binary under test (winrm-lb of the build folder)")
    parser.add_argument("--tools", help="folder of the measuring tools (perf of the build folder)")
    parser.add_argument("--haproxy", action="store_true", help="show the counts of HAProxy, for comparison")
    parser.add_argument("--requests", type=int, default=2000, help="between the shorter and the longer run (2000)")
    parser.add_argument("--strace", action="store_true", help="show strace's account of the small exchange too")
    return parser.parse_args()


def busiest_thread(path):
    """The counts of the thread that received most."""
    with open(path, "rb") as file:
        words = struct.unpack_from(f"={1 + SLOTS * (1 + len(COUNTS))}q", file.read())
    slots = (words[1 + i * (1 + len(COUNTS)):][1:1 + len(COUNTS)] for i in range(SLOTS))
    return dict(zip(COUNTS, max(slots, key=lambda counts: counts[COUNTS.index("receives")])))


class Counter:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.tools = options.tools or os.path.join(options.build, "perf")
        self.cores = os.sched_getaffinity(0)
        self.certificates = farm.Certificates(folder)
        self.farm = farm.Farm(self.tools, self.certificates, self.cores)
        self.waiting = []
        if options.haproxy:
            binary = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
            self.proxy = proxies.Haproxy(folder, binary)
        else:
            # With all that a session is remembered by: known ones must not pay for that.
            state = f'state: {{store: file, path: "{os.path.join(folder, "state")}"}}'
            self.proxy = proxies.WinrmLb(folder, options.winrm_lb or os.path.join(options.build, "winrm-lb"), keys=state)

    def start(self, scenario, environment=None):
        setting = proxies.Setting(self.farm.servers, self.certificates, scenario.client_tls, scenario.server_tls, False)
        self.proxy.start(setting, self.cores, environment)

    def load(self, scenario, requests):
        """One session at a time, so that nothing is shared between two exchanges. Idle: so many at once."""
        if scenario.idle:
            return self.idle_load(scenario, requests)
        tls = ("--tls",) if scenario.client_tls else ()
        result = farm.Load(self.tools, self.cores, self.proxy.port, *tls, "--mode", scenario.mode, "--connections", 1,
                           "--requests", requests).result()
        if result["errors"]:
            raise RuntimeError(f"{result['errors']} errors in {scenario.name}")

    def idle_load(self, scenario, sessions):
        """They wait for as long as the balancer runs."""
        load = farm.Load(self.tools, self.cores, self.proxy.port, "--mode", scenario.mode, "--connections", sessions)
        self.waiting.append(load)
        if load.waiting()["errors"]:
            raise RuntimeError(f"errors in {scenario.name}")
        give_up = time.monotonic() + 30
        while self.farm.held() < sessions:
            if time.monotonic() > give_up:
                raise RuntimeError(f"the servers hold {self.farm.held()} polls of {sessions}")
            time.sleep(0.02)

    def per_exchange(self, scenario):
        # The first exchanges fill pools and caches; both runs contain them, so they cancel out.
        short = 100
        few, many = (self.counted(scenario, requests) for requests in (short, short + self.options.requests))
        return {name: (many[name] - few[name]) / self.options.requests for name in COUNTS}

    def counted(self, scenario, requests):
        path = os.path.join(self.folder, "counts")
        if os.path.exists(path):
            os.unlink(path)
        self.start(scenario, {"LD_PRELOAD": os.path.abspath(os.path.join(self.tools, "libwinrm-perf-count.so")),
                              "WINRMLB_COUNT_FILE": path})
        try:
            self.load(scenario, requests)
            return busiest_thread(path)
        finally:
            self.stop()

    def stop(self):
        self.proxy.stop()
        for load in self.waiting:
            load.kill()
        give_up = time.monotonic() + 30
        while self.waiting and self.farm.held() and time.monotonic() < give_up:
            time.sleep(0.02)
        self.waiting.clear()

    def strace(self):
        """strace's own summary, with everything that the process did meanwhile."""
        self.start(SMALL)
        tracer = None
        try:
            self.load(SMALL, 100)
            tracer = subprocess.Popen(["strace", "-c", "-f", "-p", str(self.proxy.process.pid)], stderr=subprocess.PIPE,
                                      text=True)
            self.wait_traced()
            self.load(SMALL, self.options.requests)
            tracer.send_signal(signal.SIGINT)
            return tracer.communicate(timeout=20)[1]
        finally:
            # A tracer left behind would slow down all that the balancer starts or is.
            if tracer is not None and tracer.poll() is None:
                tracer.kill()
                tracer.wait()
            self.proxy.stop()

    def wait_traced(self):
        threads = f"/proc/{self.proxy.process.pid}/task"
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up:
            states = [open(f"{threads}/{t}/status", encoding="ascii").read() for t in os.listdir(threads)]
            if all("TracerPid:\t0\n" not in state for state in states):
                return
            time.sleep(0.01)
        raise RuntimeError("strace could not attach")

    def close(self):
        self.stop()
        self.farm.stop()


def main():
    options = arguments()
    folder = tempfile.mkdtemp(prefix="winrm-lb-budget-")
    counter = Counter(options, folder)
    try:
        print(f"{'per exchange':24}" + "".join(f"{name.replace('_', ' '):>16}" for name in COUNTS))
        counts = {}
        for scenario in SHOWN:
            counts[scenario] = counter.per_exchange(scenario)
            print(f"{scenario.name:24}" + "".join(f"{counts[scenario][name]:16.3f}" for name in COUNTS), flush=True)
        if options.strace:
            print(f"\nstrace, {options.requests} small exchanges on one new connection:\n{counter.strace()}")
        broken = [(scenario, name, least, most) for scenario, name, least, most in BUDGETS
                  if not least - SLACK <= counts[scenario][name] <= most + SLACK]
    finally:
        counter.close()
        shutil.rmtree(folder, ignore_errors=True)
    if options.haproxy:
        return 0
    for scenario, name, least, most in broken:
        limit = f"exactly {most}" if least == most else f"at most {most}" if least == 0 else f"{least} to {most}"
        print(f"{scenario.name}: {name} per exchange are {counts[scenario][name]:.3f}, the budget is {limit}")
    print(f"{len(BUDGETS) - len(broken)} of {len(BUDGETS)} budgets kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
