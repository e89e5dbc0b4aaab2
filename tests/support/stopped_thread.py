"""Makes one thread of a process stand still, as one does that is stuck in a loop or on a lock.

    with Stopped(thread_named(pid, "worker 1")):    # skips the test where that is not allowed
        ...
"""

import ctypes
import os
import pathlib

import pytest

PTRACE_ATTACH, PTRACE_DETACH = 16, 17


class Stopped:
    """Stops one thread of a process, and no other."""

    def __init__(self, thread):
        self.thread = thread
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def __enter__(self):
        if self.libc.ptrace(PTRACE_ATTACH, self.thread, None, None) != 0:
            pytest.skip(f"SKIPPED, the watchdog saw no worker stand still: ptrace: {os.strerror(ctypes.get_errno())}")
        os.waitpid(self.thread, 0x40000000)  # __WALL
        return self

    def __exit__(self, *_):
        if self.libc.ptrace(PTRACE_DETACH, self.thread, None, None) != 0:
            os.waitpid(self.thread, 0x40000000)  # killed meanwhile: its process is not gone before we have heard of it


def thread_named(pid, name):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text(encoding="ascii").strip() == name:
            return int(task.name)
    raise AssertionError(f"there is no thread {name}")
