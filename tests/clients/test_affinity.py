"""One client address, one server, however many connections arrive at once; and an even spread of addresses. Shown by
what the servers saw and by the access log alike."""

import collections
import ssl

import pytest

from balancer import Balancer
from many_clients import ask, ask_at_once, connect_from, identify
from soak import soak_count
from winrm_sim import WinrmSim

AT_ONCE = 64


@pytest.fixture(scope="module")
def sims():
    with WinrmSim("ps1", address="127.0.0.11", https=True, allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", https=True, allow_unencrypted=True) as two, \
         WinrmSim("ps3", address="127.0.0.13", https=True, allow_unencrypted=True) as three:
        yield one, two, three


@pytest.fixture(name="balancer")
def fresh_balancer(sims):
    for sim in sims:
        sim.clear_seen()
    with Balancer(sims, workers=4) as balancer:
        yield balancer


def servers_of(sims):
    """By client address: the servers that saw a request of it, each as often as it did."""
    found = collections.defaultdict(collections.Counter)
    for sim in sims:
        for entry in sim.seen(operation="Identify"):
            found[entry["user_agent"]][sim.name] += 1
    return found


def servers_logged(balancer, exchanges):
    found = collections.defaultdict(collections.Counter)
    for line in balancer.access_log(lambda lines: len(lines) >= exchanges):
        found[line["client"].rpartition(":")[0]][line["server"]] += 1
    return found


def ask_over_tls(address, balancer):
    context = ssl.create_default_context(cafile=str(balancer.certificate))
    with context.wrap_socket(connect_from(address, balancer.tls), server_hostname="127.0.0.1") as connection:
        return ask(connection, identify(address))


def test_four_addresses_on_three_servers_land_two_one_one_on_both_ports(balancer, sims):
    addresses = [f"127.0.0.{i}" for i in (21, 22, 23, 24)]
    for address in addresses:
        with connect_from(address, balancer.plain) as connection:
            assert ask(connection, identify(address)).status == 200
    for address in addresses:
        assert ask_over_tls(address, balancer).status == 200

    seen = servers_of(sims)
    assert sorted(seen) == addresses
    assert all(list(servers.values()) == [2] for servers in seen.values()), f"a client met two servers: {seen}"
    spread = collections.Counter(next(iter(servers)) for servers in seen.values())
    assert sorted(spread.values()) == [1, 1, 2]
    assert servers_logged(balancer, 8) == seen
    assert {(sim.name, entry["port"]) for sim in sims for entry in sim.seen()} == {
        (sim.name, port) for sim in sims for port in ("http", "https")}
    for address in addresses:
        assert next(iter(seen[address])) in str(balancer.explain(address))


def test_first_connections_of_an_address_at_once_meet_one_server(balancer, sims):
    addresses = [f"127.20.{i // 200}.{i % 200 + 1}" for i in range(max(5, soak_count(100)))]
    for address in addresses:
        answers = ask_at_once([address] * AT_ONCE, balancer.plain)
        assert [answer.status for answer in answers] == [200] * AT_ONCE

    seen = servers_of(sims)
    assert sorted(seen) == sorted(addresses)
    assert all(list(servers.values()) == [AT_ONCE] for servers in seen.values()), f"an address was split: {seen}"
    assert servers_logged(balancer, AT_ONCE * len(addresses)) == seen
    spread = collections.Counter(next(iter(servers)) for servers in seen.values())
    assert max(spread.values()) - min(spread[sim.name] for sim in sims) <= 1, spread


def test_new_addresses_at_once_land_even_to_within_one(balancer, sims):
    rounds = max(2, soak_count(20))
    for wave in range(rounds):
        addresses = [f"127.21.{wave}.{i + 1}" for i in range(AT_ONCE)]
        assert [answer.status for answer in ask_at_once(addresses, balancer.plain)] == [200] * AT_ONCE
        seen = servers_of(sims)
        spread = collections.Counter(next(iter(servers)) for servers in seen.values())
        assert sum(spread.values()) == AT_ONCE * (wave + 1)
        assert max(spread.values()) - min(spread[sim.name] for sim in sims) <= 1, spread
    assert servers_logged(balancer, AT_ONCE * rounds) == seen
