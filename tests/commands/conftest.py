"""A small farm behind a balancer, and an operator at its desk."""

import pytest

from balancer import Balancer
from desk import Desk
from winrm_sim import WinrmSim


@pytest.fixture(name="sims", scope="module")
def two_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two:
        yield one, two


@pytest.fixture(name="balancer", scope="module")
def with_planned_clients(sims):
    pool = {"affinity": {"assign": "planned"}, "clients": ["127.9.0.1", "127.9.0.2"]}
    with Balancer(sims, pool=pool) as balancer:
        for sim in sims:
            assert balancer.await_state(sim.name, "up")
        yield balancer


@pytest.fixture(name="desk")
def at_the_desk(balancer):
    return Desk(balancer)
