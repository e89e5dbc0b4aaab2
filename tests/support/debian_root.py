"""A small Debian of its own in a folder, to try packages in.

    with DebianRoot("bookworm") as root:      # skips the test, and says so, where none can be made
        root.run("apt-get", "install", "-y", "./package.deb")     # in it; output as text, and it must succeed
        root.run("sh", "/try.sh", network=False)                  # with a loopback device of its own, and nothing else
        root.path                              # its folder

    with DebianRoot("bookworm", SYSTEMD) as root, Booted(root) as booted:     # the same, with systemd as its process 1
        booted.run("systemctl", "start", "...")
        booted.pid_here(pid)               # of one of its processes, as this machine counts
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import pytest

SYSTEMD = ("systemd", "systemd-sysv", "dbus", "iproute2")
ENVIRONMENT = {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb", "DEBIAN_FRONTEND": "noninteractive",
               "LC_ALL": "C.UTF-8"}


def release_of_this_machine():
    text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    return re.search(r"(?m)^VERSION_CODENAME=(\w+)", text).group(1)


def skip(why):
    pytest.skip(f"SKIPPED, THE PACKAGE WAS NOT TRIED IN A DEBIAN OF ITS OWN: {why}")


class DebianRoot:
    def __init__(self, suite, packages=()):
        self.suite, self.packages = suite, packages
        self.path = None
        self._mounted = []

    def __enter__(self):
        if os.geteuid() != 0:
            skip("only root can make one")
        for tool in ("debootstrap", "chroot", "unshare", "mount", "ip"):
            if not shutil.which(tool, path=ENVIRONMENT["PATH"]):
                skip(f"not installed: {tool}")
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="winrm-lb-debian-"))
        self.path.chmod(0o755)
        made = subprocess.run(["debootstrap", "--variant=minbase", self.suite, str(self.path)], capture_output=True, text=True, check=False,
                              env={**os.environ, "PATH": ENVIRONMENT["PATH"]})
        if made.returncode != 0:
            self._remove()
            skip(f"debootstrap {self.suite} failed: {(made.stdout + made.stderr).strip().splitlines()[-1:]}")
        for kind, source, target in (("proc", "proc", "proc"), ("tmpfs", "tmpfs", "run")):
            self._mount("-t", kind, source, target=target)
        for file in ("null", "zero", "random", "urandom", "full", "tty"):
            (self.path / "dev" / file).touch()
            self._mount("--bind", f"/dev/{file}", target=f"dev/{file}")
        shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")
        for configuration in pathlib.Path("/etc/apt/apt.conf.d").glob("*"):  # how this machine reaches its mirror
            shutil.copy(configuration, self.path / "etc/apt/apt.conf.d" / configuration.name)
        (self.path / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        (self.path / "usr/sbin/policy-rc.d").chmod(0o755)
        self.run("apt-get", "-q", "update")
        if self.packages:
            self.run("apt-get", "-q", "install", "-y", "--no-install-recommends", *self.packages)
        return self

    def __exit__(self, *_):
        self._remove()

    def run(self, *words, network=True, check=True):
        words = ["chroot", str(self.path), *words]
        if not network:
            words = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *words]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=ENVIRONMENT, errors="replace")
        assert not check or done.returncode == 0, f"{words[2:]} gave {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done

    def share(self, source, target):
        """A folder of this machine, seen in there under that path, for reading."""
        (self.path / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
        self._mount("--bind", str(source), target=target.lstrip("/"))
        subprocess.run(["mount", "-o", "remount,bind,ro", str(self.path / target.lstrip("/"))], check=True)

    def _mount(self, *words, target):
        done = subprocess.run(["mount", *words, str(self.path / target)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self._remove()
            skip(f"mount {target}: {done.stderr.strip()}")
        self._mounted.append(self.path / target)

    def _remove(self):
        while self._mounted:
            # A folder that is still mounted must never be removed with what is in it.
            subprocess.run(["umount", str(self._mounted[-1])], check=True)
            self._mounted.pop()
        shutil.rmtree(self.path)


# In namespaces of its own, so that nothing of it is seen from outside, and all of it ends with its process 1.
BOOT = r"""
set -e
root=$1
mount --make-rprivate /
mount --rbind "$root" "$root"  # a mount of its own, as services with a view of their own need one to stand on
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
umount "$root/proc"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/systemd"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
fi
ip link set lo up
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" /lib/systemd/systemd --system --log-target=console
"""


class Booted:
    def __init__(self, root):
        self.root, self._unshare, self.init = root, None, None

    def __enter__(self):
        (self.root.path / "usr/sbin/policy-rc.d").unlink()
        self._unshare = subprocess.Popen(["unshare", "--kill-child", "--pid", "--fork", "--mount", "--net", "--ipc", "--uts", "--cgroup",
                                          "sh", "-c", BOOT, "sh", str(self.root.path)],
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        until = time.monotonic() + 120
        while time.monotonic() < until and self._unshare.poll() is None:
            children = pathlib.Path(f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children").read_text(encoding="ascii").split()
            self.init = children[0] if children else None
            if self.init and self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"):
                return self
            time.sleep(0.2)
        self.__exit__()
        skip("systemd does not boot in a container here")
        return self

    def __exit__(self, *_):
        if self._unshare.poll() is None:
            self._unshare.kill()
        self._unshare.communicate()

    def run(self, *words, check=True):
        done = subprocess.run(["nsenter", "--all", "--target", self.init, "chroot", str(self.root.path), *words], capture_output=True,
                              text=True, check=False, env=ENVIRONMENT, errors="replace")
        assert not check or done.returncode == 0, f"{words} gave {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done

    def pid_here(self, pid):
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                numbers = re.search(r"(?m)^NSpid:(.*)$", status.read_text(encoding="ascii", errors="replace")).group(1).split()
                same = os.readlink(status.parent / "ns/pid") == os.readlink(f"/proc/{self.init}/ns/pid")
            except OSError:
                continue
            if same and numbers[-1] == str(pid):
                return int(numbers[0])
        raise AssertionError(f"there is no process {pid} in there")
