"""The completion completes all that --help shows, and manual(7)'s readers find nothing to complain of."""

import re
import shutil
import subprocess

import pytest

from balancer import find_balancer
from winrm_sim import ROOT

CONFIG = ROOT / "config"


def help_of(*words):
    return subprocess.run([find_balancer(), *words, "--help"], capture_output=True, text=True, check=True).stdout


def commands():
    listed = help_of().split("Subcommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  ([\w-]+)", listed, re.MULTILINE)


def options(command):
    listed = help_of(command).split("Options:\n")[1]
    return {name for line in listed.splitlines() if line.startswith("  -") for name in re.findall(r"(?<![\w-])--?[\w][\w-]*", line[:30])}


def completed(words, folder=None):
    """What bash offers for the last of the words."""
    script = (f'source "{CONFIG / "completion" / "winrm-lb.bash"}"\n'
              'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _winrm_lb\nprintf "%s\\n" "${COMPREPLY[@]}"\n')
    done = subprocess.run(["bash", "-u", "-c", script, "bash", "winrm-lb", *words], capture_output=True, text=True, check=True,
                          cwd=folder)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_every_command_of_the_help_is_completed():
    assert commands(), "the help lists none"
    assert completed([""]) == set(commands())
    assert completed(["ex"]) == {"explain"}
    assert {"--help", "--version"} <= completed(["--"])


@pytest.mark.parametrize("command", commands())
def test_every_option_of_the_help_is_completed(command):
    assert completed([command, "-"]) == options(command)


def test_values_are_completed_where_they_can_be_known(tmp_path):
    (tmp_path / "lb.yaml").touch()
    assert completed(["run", "--config", ""], tmp_path) == {"lb.yaml"}
    assert completed(["check", "l"], tmp_path) == {"lb.yaml"}
    assert completed(["log-level", "e"]) == {"error"}
    assert completed(["explain", "--client", ""]) == set(), "nobody knows which"
    assert completed(["completion", ""]) == {"bash"}


def test_what_is_committed_is_what_the_program_prints():
    for words, file in ((["completion", "bash"], "completion/winrm-lb.bash"), (["manual", "program"], "man/winrm-lb.8"),
                        (["manual", "configuration"], "man/winrm-lb.yaml.5")):
        printed = subprocess.run([find_balancer(), *words], capture_output=True, text=True, check=True).stdout
        assert printed == (CONFIG / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["winrm-lb.8", "winrm-lb.yaml.5"])
def test_the_manual_is_well_formed(page):
    path = CONFIG / "man" / page
    if shutil.which("mandoc"):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(path)], capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == ""
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(path)], capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == ""
    assert shutil.which("mandoc") or shutil.which("groff"), "neither mandoc nor groff is here to read it"


def test_the_manual_reads_as_text():
    text = subprocess.run(["mandoc", "-T", "ascii", str(CONFIG / "man" / "winrm-lb.8")], capture_output=True, text=True,
                          check=True).stdout
    plain = re.sub(".\b", "", text)
    for command in commands():
        assert re.search(rf"^ +winrm-lb {command}\b", plain, re.MULTILINE), command
