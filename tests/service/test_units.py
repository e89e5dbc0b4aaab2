"""What is installed: where it stands, that systemd understands it and finds it tight, and that it starts as it is."""

import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

from balancer import Balancer, balancer_environment, find_balancer
from many_clients import ask, connect_from, identify
from winrm_sim import ROOT, WinrmSim

EXPOSURE_AT_MOST = 20  # tenths, as `systemd-analyze security --threshold` counts


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=False, env=balancer_environment(), **options)


def needs(tool):
    path = shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/sbin")
    if not path:
        pytest.skip(f"SKIPPED, what is installed was not tried: not installed: {tool}")
    return path


@pytest.fixture(name="root", scope="module")
def installed_tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    done = subprocess.run([needs("cmake"), "--install", str(pathlib.Path(find_balancer()).parent), "--prefix", "/usr"], check=False,
                          capture_output=True, text=True, env={**balancer_environment(), "DESTDIR": str(root)})
    assert done.returncode == 0, done.stderr
    return root


def unit_settings(path):
    settings = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            settings.setdefault(key, []).append(value)
    return settings


def test_everything_stands_where_the_hierarchy_says(root):
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    for wanted in ("usr/sbin/winrm-lb", "etc/winrm-lb/winrm-lb.yaml", "usr/lib/systemd/system/winrm-lb.service",
                   "usr/lib/systemd/system/winrm-lb.socket", "usr/lib/sysusers.d/winrm-lb.conf", "usr/lib/tmpfiles.d/winrm-lb.conf",
                   "usr/share/doc/winrm-lb/copyright", "usr/share/doc/winrm-lb/reference.yaml"):
        assert wanted in files
    assert not {name for name in files if not name.startswith(("usr/", "etc/winrm-lb/"))}


def test_every_manual_page_and_the_completion_are_installed(root):
    manuals = {path.name for path in (ROOT / "config").rglob("*.[1-8]")}
    assert {path.name.removesuffix(".gz") for path in (root / "usr/share/man").rglob("*.*.gz")} == manuals
    completion = root / "usr/share/bash-completion/completions/winrm-lb"
    assert completion.exists() == bool(list((ROOT / "config").rglob("winrm-lb.bash")))


def test_systemd_finds_no_mistake_in_the_units(root, tmp_path):
    for unit in ("winrm-lb.service", "winrm-lb.socket"):  # beside each other, with the program where it is
        text = (root / "usr/lib/systemd/system" / unit).read_text(encoding="utf-8")
        (tmp_path / unit).write_text(text.replace("/usr/sbin/winrm-lb", f"{root}/usr/sbin/winrm-lb"), encoding="utf-8")
    for unit in ("winrm-lb.service", "winrm-lb.socket"):
        done = run(needs("systemd-analyze"), "verify", "--man=no", str(tmp_path / unit))
        assert done.returncode == 0, done.stderr
        assert not [line for line in done.stderr.splitlines() if "winrm-lb" in line], done.stderr


def test_the_service_is_tight(root):
    unit = root / "usr/lib/systemd/system/winrm-lb.service"
    done = run(needs("systemd-analyze"), "security", "--offline=true", f"--threshold={EXPOSURE_AT_MOST}", "--no-pager", str(unit))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_one_protection_less_would_be_noticed(root, tmp_path):
    loose = tmp_path / "winrm-lb.service"
    text = (root / "usr/lib/systemd/system/winrm-lb.service").read_text(encoding="utf-8")
    loose.write_text(re.sub(r"(?m)^(NoNewPrivileges|SystemCallFilter|CapabilityBoundingSet)=.*\n", "", text), encoding="utf-8")
    done = run(needs("systemd-analyze"), "security", "--offline=true", f"--threshold={EXPOSURE_AT_MOST}", "--no-pager", str(loose))
    assert done.returncode != 0


def test_the_service_unit_keeps_its_promises(root):
    unit = unit_settings(root / "usr/lib/systemd/system/winrm-lb.service")
    assert unit["Type"] == ["notify"] and unit["LimitCORE"] == ["0"]
    check, reload = unit["ExecReload"]
    assert check == "/usr/sbin/winrm-lb check /etc/winrm-lb/winrm-lb.yaml", "checked before it is taken"
    assert reload == "/bin/kill -HUP $MAINPID"
    assert "/usr/sbin/winrm-lb run --config /etc/winrm-lb/winrm-lb.yaml" in unit["ExecStart"]
    assert unit["FileDescriptorStoreMax"] and unit["WatchdogSec"] and unit["RestartSec"]


def test_the_user_and_the_folder_are_made(root):
    done = run(needs("systemd-sysusers"), f"--root={root}", str(root / "usr/lib/sysusers.d/winrm-lb.conf"))
    assert done.returncode == 0, done.stderr
    assert "winrm-lb:" in (root / "etc/passwd").read_text(encoding="utf-8")
    done = run(needs("systemd-tmpfiles"), f"--root={root}", "--create", str(root / "usr/lib/tmpfiles.d/winrm-lb.conf"))
    assert done.returncode == 0, done.stderr
    assert (root / "run/winrm-lb").is_dir()
    for made in ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"):
        (root / made).unlink(missing_ok=True)


def test_the_configuration_to_begin_with_is_good_and_the_socket_unit_fits_it(root):
    configuration = root / "etc/winrm-lb/winrm-lb.yaml"
    done = run(str(root / "usr/sbin/winrm-lb"), "check", str(configuration))
    assert done.returncode == 0, done.stderr
    text = configuration.read_text(encoding="utf-8")
    for address in unit_settings(root / "usr/lib/systemd/system/winrm-lb.socket")["ListenStream"]:
        assert f'bind: "{address}"' in text, "a socket that no listener has is of no use"


# Without root, above and below port 1024.


def free_low_port():
    for port in range(1023, 600, -1):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    pytest.skip("SKIPPED, a port below 1024 was not tried: none is free, or only root may have one")
    return 0


@pytest.mark.parametrize("low", [False, True], ids=["above_1024", "below_1024"])
def test_nobody_in_particular_can_run_it_with_the_capability_of_the_unit(low):
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, another user was not tried: only root can become one")
    capability = "-all,+net_bind_service" if low else "-all"
    launcher = [needs("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
                f"--inh-caps={capability}", f"--ambient-caps={capability}", f"--bounding-set={capability}"]
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as sim:
        balancer = Balancer([sim], launcher=launcher)
        program = balancer.folder / "winrm-lb"  # where everybody may read it
        shutil.copy(find_balancer(), program)
        balancer.program = program
        balancer.folder.chmod(0o777)
        if low:
            balancer.settings["listeners"][0]["bind"] = f"127.0.0.1:{free_low_port()}"
        with balancer, connect_from("127.0.2.1", balancer.plain) as connection:
            assert ask(connection, identify("x")).status == 200
            assert "Uid:\t65534" in pathlib.Path(f"/proc/{balancer.pid}/status").read_text(encoding="ascii")
