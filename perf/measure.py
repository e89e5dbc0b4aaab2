"""What /proc knows about a process, and where processes may run."""

import os
import statistics


def pin(pid, cores):
    """Binds every thread of a process to `cores`."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cores)


def two_halves():
    """One core for the balancer, the rest for the load and the servers; the same one if there is no other."""
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, set(cores[1:]) or {cores[0]}


def memory(pid):
    """Resident and private memory in bytes."""
    found = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        for line in rollup:
            words = line.split()
            if words[0] in ("Rss:", "Pss:", "Anonymous:"):
                found[words[0][:-1].lower()] = int(words[1]) * 1024
    return found


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def median(values):
    return statistics.median(values) if values else None


def spread(values):
    """Half the distance between the quartiles, as a share of the median: robust against one bad round."""
    if len(values) < 2:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    middle = statistics.median(values)
    return (high - low) / 2 / middle if middle else 0.0
