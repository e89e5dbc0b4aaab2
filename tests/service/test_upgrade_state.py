"""What the old process knows is known to the new one, and the file that keeps it goes on from there."""

import pytest

from sealing_client import NtlmLogin, SealingClient, gssapi
from service_manager import ServiceManager
from upgrades import Upgradable
from winrm_sim import DEFAULT_PASSWORD, DEFAULT_USER, WinrmSim

UPGRADES = 3


def client_from(balancer, address):
    return SealingClient(balancer, NtlmLogin(DEFAULT_USER, DEFAULT_PASSWORD), address=address)


def test_sealed_shells_are_found_after_upgrades_and_a_restart():
    if not gssapi:
        pytest.skip("SKIPPED, sealed shells are not tried: not installed: python3-gssapi")
    with WinrmSim("ps1", address="127.0.0.11") as one, WinrmSim("ps2", address="127.0.0.12") as two, \
         WinrmSim("ps3", address="127.0.0.13") as three, ServiceManager() as manager:
        balancer = Upgradable([one, two, three], manager)
        balancer.settings["state"] = {"store": "file", "path": str(balancer.folder / "state")}
        with balancer:
            shells = {}

            def come(number):
                address = f"127.0.12.{number}"
                with client_from(balancer, address) as client:
                    shell = client.open_shell()
                    shells[address] = shell, client.run(shell, "hostname")

            def check():
                for address, (shell, server) in reversed(shells.items()):
                    with client_from(balancer, address) as client:
                        assert client.run(shell, "hostname") == server, f"{address} was moved"

            for number in range(1, 7):
                come(number)
            for upgrade in range(UPGRADES):
                balancer.upgrade()
                check()
                come(10 + upgrade)
            balancer.ask("drain", "ps1")
            balancer.upgrade()
            assert balancer.server("ps1")["mode"] == "drain"
            balancer.ask("ready", "ps1")
            balancer.restart()
            assert balancer.server("ps1")["mode"] == "ready"
            check()
