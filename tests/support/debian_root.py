"""A small Debian of its own in a folder, to try packages in.

    with DebianRoot("bookworm") as root:      # skips the test, and says so, where none can be made
        root.run("apt-get", "install", "-y", "./package.deb")     # in it; output as text, and it must succeed
        root.run("sh", "/try.sh", network=False)                  # with a loopback device of its own, and nothing else
        root.path                              # its folder
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

ENVIRONMENT = {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb", "DEBIAN_FRONTEND": "noninteractive",
               "LC_ALL": "C.UTF-8"}


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
