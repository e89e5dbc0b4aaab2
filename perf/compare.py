#!/usr/bin/env python3
"""Runs winrm-lb and HAProxy in turn on this machine, for the same work, and prints what each of them costs.

The balancer has one core and one worker, load and servers have the other cores. Rounds are interleaved (A B A B),
so that what disturbs the machine disturbs both; a ratio is the median over rounds of one round's pair.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import sys
import tempfile
import time

import farm
import measure
import proxies
from scenarios import SCENARIOS

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*", help="names, or beginnings of names; all of them if none is given")
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build", "release"), help="build folder (build/release)")
    parser.add_argument("--winrm-lb", help="the binary under test (winrm-lb of the build folder)")
    parser.add_argument("--before", metavar="BINARY", help="another winrm-lb, to see what a change did")
    parser.add_argument("--unread", action="store_true", help="winrm-lb against itself with shells.scan off: what reading messages costs")
    parser.add_argument("--tools", help="folder of winrm-load and winrm-perf-server (perf of the build folder)")
    parser.add_argument("--with", dest="others", action="append", default=[], choices=["nginx"], help="measure this one too")
    parser.add_argument("--self-check", action="store_true", help="HAProxy against itself: every ratio should be 1")
    parser.add_argument("--rounds", type=int, default=5, help="5; 10 for a claim")
    parser.add_argument("--seconds", type=float, default=3, help="counted in each round (3)")
    parser.add_argument("--warmup", type=float, default=0.5, help="before that (0.5)")
    parser.add_argument("--idle", type=int, default=4000, help="idle sessions; each takes two descriptors (4000)")
    parser.add_argument("--log", action="store_true", help="with an access log in all of them")
    parser.add_argument("--json", metavar="FILE", help="every figure of every round; - for standard output")
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    return parser.parse_args()


def contenders(options, folder):
    """The balancers to compare; the last one is what the others are compared with."""
    find = lambda name: shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    haproxy = find("haproxy")
    if haproxy is None:
        sys.exit("HAProxy is missing: apt-get install haproxy")
    chosen = []
    if options.self_check:
        chosen.append(proxies.Haproxy(folder, haproxy))
        chosen[0].name = "haproxy-again"
    else:
        binary = options.winrm_lb or os.path.join(options.build, "winrm-lb")
        if not os.access(binary, os.X_OK):
            sys.exit(f"{binary} is missing: build it, name it with --winrm-lb, or try --self-check")
        chosen.append(proxies.WinrmLb(folder, binary))
    if options.unread:
        return chosen + [proxies.WinrmLb(folder, binary, "unread", "shells: {scan: false}")]
    if options.before:
        chosen.append(proxies.WinrmLb(folder, options.before))
        chosen[-1].name = "before"
    for name in options.others:
        binary = find(name)
        if binary is None:
            sys.exit(f"{name} is missing: apt-get install {name}")
        chosen.append(proxies.Nginx(folder, binary))
    floor = os.path.join(options.tools or os.path.join(options.build, "perf"), "winrm-perf-floor")
    if not options.self_check and os.access(floor, os.X_OK):
        chosen.append(proxies.Floor(folder, floor))
    return chosen + [proxies.Haproxy(folder, haproxy)]


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.tools = options.tools or os.path.join(options.build, "perf")
        self.proxy_cores, self.load_cores = measure.two_halves()
        os.sched_setaffinity(0, self.load_cores)
        self.certificates = farm.Certificates(folder)
        self.farm = farm.Farm(self.tools, self.certificates, self.load_cores)
        self.proxies = contenders(options, folder)

    def close(self):
        for proxy in self.proxies:
            proxy.stop()
        self.farm.stop()

    def start(self, proxy, scenario):
        proxy.start(proxies.Setting(self.farm.servers, self.certificates, scenario.client_tls, scenario.server_tls,
                                    self.options.log), self.proxy_cores)

    def load(self, proxy, scenario, *words):
        tls = ("--tls",) if scenario.client_tls else ()
        return farm.Load(self.tools, self.load_cores, proxy.port, *tls, *words)

    def busy_round(self, proxy, scenario):
        options = self.options
        result = self.load(proxy, scenario, "--mode", scenario.mode, "--connections", scenario.connections, "--warmup",
                           options.warmup, "--seconds", options.seconds, "--watch", proxy.process.pid,
                           *scenario.words).result()
        if result["requests"] == 0:
            raise RuntimeError(f"{proxy.name} answered nothing in {scenario.name}")
        # bytes/1e9 is GB and cpu_us/1e6 is seconds.
        result["cost"] = (result["cpu_us"] * 1000 / result["bytes"] if scenario.mode == "bulk"
                          else result["cpu_us"] / result["requests"])
        result["busy"] = result["cpu_us"] / 1e6 / result["seconds"]
        result["rss"] = measure.memory(proxy.process.pid)["rss"]
        if "--resume" in scenario.words and result["resumed"] < result["requests"] * 0.9:
            print(f"note: {proxy.name} resumed only {result['resumed']} of {result['requests']} TLS sessions",
                  file=sys.stderr)
        return result

    def idle_round(self, proxy, scenario):
        """A fresh process each time: what an earlier crowd left in the heap would hide the cost of this one."""
        sessions = min(self.options.idle, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 200) // 2)
        self.start(proxy, scenario)
        try:
            self.load(proxy, scenario, "--mode", "small", "--requests", 500, "--connections", 50).result()
            before = measure.memory(proxy.process.pid)
            load = self.load(proxy, scenario, "--mode", "idle", "--connections", sessions)
            try:
                errors = load.waiting()["errors"]
                give_up = time.monotonic() + 30
                while (held := self.farm.held()) < sessions - errors and time.monotonic() < give_up:
                    time.sleep(0.05)
                time.sleep(0.5)
                after = measure.memory(proxy.process.pid)
                end = load.result()
            finally:
                load.kill()
            return {"sessions": sessions, "held": held, "errors": end["errors"],
                    "cost": (after["rss"] - before["rss"]) / sessions,
                    "anonymous_per_session": (after["anonymous"] - before["anonymous"]) / sessions, "rss": after["rss"]}
        finally:
            proxy.stop()
            self.drain()

    def drain(self):
        give_up = time.monotonic() + 30
        while self.farm.held() > 0 and time.monotonic() < give_up:
            time.sleep(0.05)

    def measure(self, scenario):
        """{proxy name: [a result for each round]}"""
        running = [p for p in self.proxies if p.supports(scenario.client_tls, scenario.server_tls)]
        results = {proxy.name: [] for proxy in running}
        rounds = min(self.options.rounds, 3) if scenario.idle else self.options.rounds
        try:
            if not scenario.idle:
                for proxy in running:
                    self.start(proxy, scenario)
            for _ in range(rounds):
                for proxy in running:
                    one_round = self.idle_round if scenario.idle else self.busy_round
                    results[proxy.name].append(one_round(proxy, scenario))
        finally:
            for proxy in running:
                proxy.stop()
        return results


def summarise(results, baseline):
    """Medians of every figure, and the cost as a ratio to the baseline, round by round."""
    lines = {}
    for name, rounds in results.items():
        line = {key: measure.median([r[key] for r in rounds]) for key in rounds[0]}
        line["errors"] = sum(r["errors"] for r in rounds)
        ratios = [r["cost"] / b["cost"] for r, b in zip(rounds, results[baseline]) if b["cost"] > 0]
        line["ratio"], line["ratio_spread"] = measure.median(ratios), measure.spread(ratios)
        line["floors"] = measure.median([r["cost"] / f["cost"] for r, f in zip(rounds, results.get("floor", []))])
        line["cost_spread"] = measure.spread([r["cost"] for r in rounds])
        lines[name] = line
    return lines


HEADER = f"{'scenario':27}{'balancer':14}{'cost':>10}  {'unit':15}{'±':>5}{'ratio':>8}{'±':>6}{'floors':>8}" \
         f"{'rps':>9}{'p50 µs':>9}{'p99 µs':>9}{'busy':>6}{'RSS MB':>8}{'errors':>8}"


def show(scenario, proxies_of_run, lines):
    for proxy in proxies_of_run:
        label = scenario.name if proxy is proxies_of_run[0] else ""
        line = lines.get(proxy.name)
        if line is None:
            if proxy.name != "floor":
                print(f"{label:27}{proxy.name:14}{'n/a':>10}  {proxy.note}")
            continue
        cost = f"{line['cost']:.0f}" if scenario.idle else f"{line['cost']:.3f}" if scenario.mode == "bulk" else f"{line['cost']:.1f}"
        text = f"{label:27}{proxy.name:14}{cost:>10}  {scenario.unit:15}{line['cost_spread']:>5.0%}" \
               f"{line['ratio']:>8.2f}{line['ratio_spread']:>6.0%}"
        text += f"{line['floors']:>8.2f}" if line["floors"] else f"{'':8}"
        if scenario.idle:
            text += f"  anonymous {line['anonymous_per_session']:.0f}, {line['held']:.0f} of {line['sessions']:.0f} held"
        else:
            text += f"{line['rps']:>9.0f}{line['p50_us']:>9.0f}{line['p99_us']:>9.0f}{line['busy']:>6.0%}"
            text += f"{line['rss'] / 1e6:>8.1f}"
        print(text + (f"{line['errors']:>8}" if not scenario.idle or line["errors"] else ""))
    sys.stdout.flush()


def main():
    options = arguments()
    if options.list:
        print("\n".join(s.name for s in SCENARIOS))
        return 0
    wanted = [s for s in SCENARIOS if not options.scenario or any(s.name.startswith(n) for n in options.scenario)]
    if not wanted:
        sys.exit("no such scenario; --list names them")
    folder = tempfile.mkdtemp(prefix="winrm-lb-perf-")
    bench = Bench(options, folder)
    failed = False
    report = {"machine": {"kernel": platform.release(), "cores": os.cpu_count(), "load": os.getloadavg()},
              "balancers": {p.name: p.version() for p in bench.proxies}, "rounds": options.rounds,
              "seconds": options.seconds, "log": options.log, "scenarios": {}}
    try:
        if options.json != "-":
            print(", ".join(report["balancers"].values()), f"· {options.rounds} rounds of {options.seconds:g} s",
                  f"· access log {'on' if options.log else 'off'}\n{HEADER}")
        for scenario in wanted:
            results = bench.measure(scenario)
            lines = summarise(results, bench.proxies[-1].name)
            failed = failed or any(line["errors"] for line in lines.values())
            report["scenarios"][scenario.name] = {"unit": scenario.unit, "medians": lines, "rounds": results}
            if options.json != "-":
                show(scenario, bench.proxies, lines)
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)
    if options.json == "-":
        json.dump(report, sys.stdout, indent=1)
    elif options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
