"""The package under a real systemd, in a Debian of its own: start, reload, upgrade, crash, watchdog, sockets, stop. What
the unit forbids the process is forbidden here."""

import shutil

import pytest

from balancer import await_value
from debian_root import SYSTEMD, Booted, DebianRoot, release_of_this_machine, skip
from stopped_thread import Stopped, thread_named

UNIT = "winrm-lb.service"


@pytest.fixture(name="root", scope="module")
def debian_with_the_package(package, next_package):
    if not shutil.which("nsenter"):
        skip("not installed: util-linux")
    with DebianRoot(release_of_this_machine(), SYSTEMD) as root:
        for name, file in (("first", package), ("next", next_package)):
            shutil.copy(file, root.path / f"{name}.deb")
        root.run("apt-get", "-q", "install", "-y", "--no-install-recommends", "./first.deb")
        yield root


@pytest.fixture(name="machine", scope="module")
def booted_debian(root):
    with Booted(root) as machine:
        yield machine


def shown(machine, what):
    return machine.run("systemctl", "show", "--value", "--property", what, UNIT).stdout.strip()


def await_shown(machine, what, enough):
    value = await_value(lambda: shown(machine, what), enough, patience=90)
    assert enough(value), f"{what} is {value}\n{journal(machine)[-3000:]}"
    return value


def journal(machine):
    return machine.run("journalctl", "--no-pager", "--output=cat", "--unit", UNIT).stdout


def is_alive(machine):
    answer = machine.run("bash", "-c", r'exec 3<>/dev/tcp/127.0.0.1/5984; printf "GET /livez HTTP/1.0\r\n\r\n" >&3; timeout 20 cat <&3')
    return "alive" in answer.stdout


def signal_main(machine, name):
    machine.run("systemctl", "kill", "--kill-who=main", f"--signal={name}", UNIT)


def test_the_installed_service_starts_and_tells_how_it_is(machine):
    await_shown(machine, "ActiveState", lambda state: state == "active")
    await_shown(machine, "StatusText", lambda text: text == "0 sessions, 0 of 2 servers up")
    assert is_alive(machine) and int(shown(machine, "NFileDescriptorStore")) > 0


def test_a_reload_with_mistakes_fails_and_one_without_succeeds(machine):
    configuration = machine.root.path / "etc/winrm-lb/winrm-lb.yaml"
    good = configuration.read_text(encoding="utf-8")
    configuration.write_text(good.replace("pool: farm}", "pool: barn}", 1), encoding="utf-8")
    assert machine.run("systemctl", "reload", UNIT, check=False).returncode != 0
    assert "there is no pool barn" in journal(machine)
    configuration.write_text(good, encoding="utf-8")
    machine.run("systemctl", "reload", UNIT)
    await_value(lambda: journal(machine), lambda text: '"reloaded"' in text)
    assert is_alive(machine)


def test_systemd_follows_the_process_that_takes_over(machine):
    before = shown(machine, "MainPID")
    signal_main(machine, "SIGUSR2")
    await_shown(machine, "MainPID", lambda pid: pid not in ("0", before))
    assert shown(machine, "NRestarts") == "0" and is_alive(machine)


def test_an_upgrade_of_the_package_hands_the_service_over(machine):
    before = shown(machine, "MainPID")
    machine.run("dpkg", "-i", "/next.deb")
    await_shown(machine, "MainPID", lambda pid: pid not in ("0", before))
    assert shown(machine, "NRestarts") == "0" and is_alive(machine)


def test_after_a_crash_the_sockets_are_those_that_systemd_kept(machine):
    passed = journal(machine).count("sockets that were passed")
    signal_main(machine, "SIGKILL")
    await_shown(machine, "NRestarts", lambda count: count == "1")
    await_shown(machine, "ActiveState", lambda state: state == "active")
    assert journal(machine).count("sockets that were passed") == passed + 1 and is_alive(machine)


def test_a_worker_that_stands_still_has_the_service_restarted(machine):
    pid = machine.pid_here(shown(machine, "MainPID"))
    with Stopped(thread_named(pid, "worker 1")):
        await_shown(machine, "Result", lambda result: result == "watchdog")
    await_shown(machine, "NRestarts", lambda count: count == "2")
    await_shown(machine, "ActiveState", lambda state: state == "active")
    assert '"a worker stands still"' in journal(machine) and is_alive(machine)


def test_with_the_socket_unit_systemd_listens(machine):
    machine.run("systemctl", "stop", UNIT)
    machine.run("systemctl", "enable", "--now", "winrm-lb.socket")
    machine.run("systemctl", "start", UNIT)
    assert is_alive(machine)
    machine.run("systemctl", "restart", UNIT)
    assert is_alive(machine)
    machine.run("systemctl", "stop", "winrm-lb.socket", UNIT)
    assert shown(machine, "Result") == "success"


def test_a_purge_of_the_running_service_leaves_nothing(machine):
    machine.run("systemctl", "start", UNIT)
    machine.run("dpkg", "--purge", "winrm-lb")
    assert machine.run("systemctl", "is-active", UNIT, check=False).returncode != 0
    found = machine.run("find", "/", "-xdev", "-iname", "*winrm*").stdout.split()
    assert found == []
