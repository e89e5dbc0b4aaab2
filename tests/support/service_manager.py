"""Stands in for systemd: gives a process its listening sockets, hears what it notifies, and keeps its sockets.

    with ServiceManager(watchdog=2.0) as manager:
        manager.environment            # for the process: NOTIFY_SOCKET, and WATCHDOG_USEC if asked for
        manager.launcher([("plain", socket), ...])   # words to put before its command line: it gets LISTEN_FDS
        manager.await_message("READY=1")             # the first such message that has come or comes: a Message
        manager.main_pid               # as the process that was started first has told, by MAINPID=
        manager.stored                 # descriptors that were given to keep

A Message has the lines of one notification as a dict, who sent it, and when. sd_notify(3), sd_listen_fds(3).
Run as a program, this file is the launcher: it puts the descriptors where they belong, and becomes the command.
"""

import array
import os
import pathlib
import socket
import struct
import sys
import tempfile
import threading
import time

FIRST = 3  # SD_LISTEN_FDS_START


class Message:
    def __init__(self, text, pid):
        self.lines = dict(line.partition("=")[::2] for line in text.splitlines())
        self.pid, self.at = pid, time.monotonic()

    def __repr__(self):
        return f"{self.pid}: {self.lines}"


class ServiceManager:
    def __init__(self, watchdog=None, patience=60):
        self._folder = tempfile.TemporaryDirectory(prefix="winrm-lb-manager-")
        path = pathlib.Path(self._folder.name) / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path)}
        if watchdog:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        self.patience, self.messages, self.main_pid, self.stored = patience, [], None, []
        self._news = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        self._listener.start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self._socket.close()
        for descriptor in self.stored:
            os.close(descriptor)
        self._folder.cleanup()

    def _listen(self):
        room = socket.CMSG_SPACE(struct.calcsize("3i")) + socket.CMSG_SPACE(256 * 4)
        while True:
            text, parts, _, _ = self._socket.recvmsg(65536, room)
            if not text:
                return
            pid, descriptors = None, array.array("i")
            for level, kind, content in parts:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                    pid = struct.unpack("3i", content)[0]
                elif (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    descriptors.frombytes(content)
            message = Message(text.decode(), pid)
            with self._news:
                self.stored += descriptors
                if "MAINPID" in message.lines:
                    self.main_pid = int(message.lines["MAINPID"])
                if message.lines.get("FDSTOREREMOVE") == "1":
                    for descriptor in self.stored:
                        os.close(descriptor)
                    self.stored = []
                self.messages.append(message)
                self._news.notify_all()

    def heard(self, line, pid=None):
        key, _, value = line.partition("=")
        return [one for one in self.messages if one.lines.get(key) == value and pid in (None, one.pid)]

    def await_message(self, line, pid=None, times=1):
        with self._news:
            came = self._news.wait_for(lambda: len(self.heard(line, pid)) >= times, self.patience)
            assert came, f"{line} was not said; what was: {self.messages[-8:]}"
            return self.heard(line, pid)[times - 1]

    def is_silent(self, line, seconds):
        """Whether for so long no further such message comes."""
        with self._news:
            before = len(self.heard(line))
            return not self._news.wait_for(lambda: len(self.heard(line)) > before, seconds)

    @staticmethod
    def launcher(named_sockets):
        numbers = ",".join(str(one.fileno()) for _, one in named_sockets)
        names = ":".join(name for name, _ in named_sockets)
        return [sys.executable, __file__, numbers, names]


def become(numbers, names, command):
    # Out of the way first: a descriptor may stand where another belongs.
    high = [os.dup2(number, 500 + index, inheritable=True) for index, number in enumerate(numbers)]
    for index, number in enumerate(high):
        os.dup2(number, FIRST + index, inheritable=True)
        os.close(number)
    os.closerange(FIRST + len(high), 500)
    environment = {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(high)), "LISTEN_FDNAMES": names}
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    become([int(number) for number in sys.argv[1].split(",")], sys.argv[2], sys.argv[3:])
