"""A balancer whose program is replaced while it serves.

    with ServiceManager() as manager, Upgradable(sims, manager) as balancer:
        balancer.upgrade()              # SIGUSR2; returns once the new process is the service
        balancer.pid                    # of the process that is the service now
        balancer.replace_program(path)  # what the next upgrade starts; the installed path is a copy of its own
        balancer.all_pids               # of every process that was the service at some time

Stopping it ends all of them.
"""

import os
import pathlib
import select
import shutil
import signal
import time

from balancer import Balancer, find_balancer


def is_gone(pid, patience=0.0):
    """Whether that process, whoever started it, has ended by then."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], patience)[0])
    finally:
        os.close(handle)


class Upgradable(Balancer):
    def __init__(self, servers, manager, **more):
        super().__init__(servers, environment=manager.environment, **more)
        self.manager = manager
        self.program = self.folder / "winrm-lb"
        self.all_pids = []
        self.replace_program(find_balancer())

    def replace_program(self, path):
        """As a package does: the new file takes the old one's place in one step, while that one still runs."""
        beside = pathlib.Path(f"{self.program}.new")
        shutil.copy(path, beside)
        os.replace(beside, self.program)

    def start(self):
        super().start()
        self.all_pids = [self._process.pid]
        return self

    @property
    def pid(self):
        return self.all_pids[-1]

    def upgrade(self):
        count = len(self.manager.heard("READY=1"))
        os.kill(self.pid, signal.SIGUSR2)
        message = self.manager.await_message("READY=1", times=count + 1)
        assert message.pid == self.manager.main_pid != self.pid, "the service is another process now"
        self.all_pids.append(message.pid)

    def log_text(self):
        return (self.folder / "winrm-lb.log").read_text(encoding="utf-8")

    def stop(self):
        if self._process is None:
            return None
        for pid in self.all_pids[1:]:
            if not is_gone(pid):
                os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + self.patience
        ended = [is_gone(pid, max(0.0, until - time.monotonic())) for pid in self.all_pids[1:]]
        for pid, gone in zip(self.all_pids[1:], ended):
            if not gone:
                os.kill(pid, signal.SIGKILL)
        code = super().stop()
        assert all(ended), f"processes that did not end when told to: {self.all_pids}"
        return code
