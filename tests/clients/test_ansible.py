"""Ansible's winrm connection, unmodified, through the balancer: a playbook on several hosts at once, by each way to log in."""

import collections
import json
import pathlib
import shutil
import subprocess

import pytest

from balancer import Balancer
from winrm_sim import DEFAULT_USERS, WinrmSim, legacy_environment

PLAYBOOK = pathlib.Path(__file__).resolve().parent / "ansible" / "playbook.yml"
ANSIBLE = "/usr/bin/ansible-playbook"  # Debian's
NO_OUTPUT_YET = 2150858793
TASKS = 6  # of the playbook, each with a shell
WAYS = {
    "basic_5985": ("plain", {"ansible_winrm_transport": "basic", "ansible_winrm_message_encryption": "never"}),
    "ntlm_sealed_5985": ("plain", {"ansible_winrm_transport": "ntlm", "ansible_winrm_message_encryption": "always"}),
    "basic_5986": ("tls", {"ansible_winrm_transport": "basic"}),
    # Server and balancer show different certificates, so a login that is tied to the certificate could not pass.
    "ntlm_5986": ("tls", {"ansible_winrm_transport": "ntlm", "ansible_winrm_send_cbt": False}),
}


@pytest.fixture(name="sims", scope="module")
def two_servers():
    with WinrmSim("ps1", address="127.0.0.11", https=True, allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", https=True, allow_unencrypted=True) as two:
        yield one, two


def login(way):
    return DEFAULT_USERS[list(WAYS).index(way) % len(DEFAULT_USERS)]


def inventory(balancer):
    """A host for each way, all of them the balancer."""
    hosts = {}
    for way, (port, options) in WAYS.items():
        domain, user, password = login(way)
        hosts[way] = {"ansible_user": f"{domain}\\{user}", "ansible_password": password, "ansible_port": getattr(balancer, port)[1],
                      "ansible_winrm_scheme": "https" if port == "tls" else "http", **options}
    common = {"ansible_connection": "winrm", "ansible_host": "127.0.0.1", "rounds": 3,
              "ansible_winrm_ca_trust_path": str(balancer.certificate),
              # Polls of a second, so that the slow command takes several.
              "ansible_winrm_operation_timeout_sec": 1, "ansible_winrm_read_timeout_sec": 30}
    return {"all": {"hosts": hosts, "vars": common}}


@pytest.mark.parametrize("workers", [2, 4], ids="{}_workers".format)
def test_a_playbook_runs_by_each_way_to_log_in(sims, tmp_path, workers):
    if not shutil.which(ANSIBLE):
        pytest.skip("SKIPPED, Ansible is not tried: not installed: ansible-core")
    for sim in sims:
        sim.clear_seen()
    with Balancer(sims, workers=workers) as balancer:
        hosts = tmp_path / "inventory.json"
        hosts.write_text(json.dumps(inventory(balancer)), encoding="utf-8")
        # Neither the machine's settings nor the user's.
        settings = tmp_path / "ansible.cfg"
        settings.write_text("[defaults]\nnocolor = true\nretry_files_enabled = false\n", encoding="utf-8")
        environment = {**legacy_environment(), "HOME": str(tmp_path), "ANSIBLE_CONFIG": str(settings),
                       "NO_PROXY": "127.0.0.1", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([ANSIBLE, "-i", str(hosts), str(PLAYBOOK)], capture_output=True, text=True, timeout=300,
                              env=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr

        served = [sim for sim in sims if sim.seen(operation="Create")]
        assert len(served) == 1, "the one address met two servers"
        entries = served[0].seen()
        assert not [entry for entry in entries if entry["refusal"]]
        assert any(entry["fault"] == NO_OUTPUT_YET for entry in entries), "no poll ended without output"
        shells = collections.Counter((entry["user"], entry["port"], entry["sealed"])
                                     for entry in entries if entry["operation"] == "Create" and entry["status"] == 200)
        expected = collections.Counter()
        for way, (port, _) in WAYS.items():
            domain, user, _ = login(way)
            expected[(f"{domain}\\{user}", "https" if port == "tls" else "http", "sealed" in way)] += TASKS
        assert shells == expected
        assert not [line for line in balancer.access_log() if line["own_reply"]]
