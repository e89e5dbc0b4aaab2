"""`winrm-lb top` in a terminal of its own: what it shows in 80x24, that q ends it, and what it does without one."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from balancer import balancer_environment, find_balancer

PATIENCE = 30


class Terminal:
    """A process on a terminal of its own, and all that it wrote there."""

    def __init__(self, *words, rows=24, columns=80):
        self._master, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(end)
        self._end = end
        self.process = subprocess.Popen([find_balancer(), *words], stdin=end, stdout=end, stderr=subprocess.PIPE,
                                        env=balancer_environment())
        self.written = ""

    def until(self, enough):
        deadline = time.monotonic() + PATIENCE
        while not enough(self.written) and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.1)[0]:
                self.written += os.read(self._master, 65536).decode()
        assert enough(self.written), repr(self.written)

    def press(self, key):
        os.write(self._master, key.encode())

    def attributes(self):
        return termios.tcgetattr(self._end)

    def close(self):
        self.process.stderr.close()
        os.close(self._end)
        os.close(self._master)


def test_it_shows_servers_in_80x24_and_q_ends_it(desk):
    terminal = Terminal("top", "--socket", desk.socket)
    terminal.until(lambda written: written.count("q ends") >= 2)
    first = terminal.written.split("\x1b[H")[1].split("\x1b[J")[0]
    lines = [line.replace("\x1b[K", "").replace("\r", "") for line in first.split("\n")]
    assert len(lines) == 24 and max(map(len, lines)) <= 80
    for part in ("ps1", "ps2", "requests/s", "STATE"):
        assert part in first
    terminal.press("q")
    assert terminal.process.wait(PATIENCE) == 0
    terminal.until(lambda written: "\x1b[?1049l" in written)
    assert terminal.attributes() == terminal.before, "the terminal is not as it was"
    terminal.close()


def test_it_ends_when_the_balancer_does_and_gives_the_terminal_back(sims):
    from balancer import Balancer
    with Balancer(sims) as balancer:
        terminal = Terminal("top", "--socket", str(balancer.socket))
        terminal.until(lambda written: "q ends" in written)
    assert terminal.process.wait(PATIENCE) == 1
    assert "no winrm-lb answers" in terminal.process.stderr.read().decode()
    assert terminal.attributes() == terminal.before
    terminal.close()


def test_without_a_terminal_it_prints_the_status_once(desk):
    done = desk.run("top")
    assert done.returncode == 0 and "\x1b" not in done.stdout
    assert done.stdout.split("\n")[2:] and "ps1" in done.stdout
