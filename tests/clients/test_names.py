"""Servers by name, under the real process and a real name server: followed as the DNS says and when it says so."""

import json
import signal

import pytest

from balancer import Balancer, await_value
from many_clients import ask, connect_from, identify
from name_server import NameServer
from winrm_sim import WinrmSim

NAME = "ps1.farm.example"
FAST = {"interval": "200ms", "timeout": "300ms", "hold_down": "0s", "rise": 1}


@pytest.fixture(name="sims")
def two_places_of_one_server():
    with WinrmSim("old", address="127.0.0.11", allow_unencrypted=True) as old:
        port = int(old.http.rsplit(":", 1)[1])
        with WinrmSim("new", address="127.0.0.12", http=port, allow_unencrypted=True) as new:
            yield old, new


def balancer_by_name(sims, dns, host=NAME, **pool):
    port = int(sims[0].http.rsplit(":", 1)[1])
    balancer = Balancer({"ps1": {"host": host, "port": port}}, pool={"health": {"probe": "identify", **FAST}, **pool})
    balancer.settings["name_servers"] = [dns.address]
    return balancer


def ask_once(address, balancer):
    with connect_from(address, balancer.plain) as connection:
        return ask(connection, identify(address)).status


def log_text(balancer):
    return (balancer.folder / "winrm-lb.log").read_text(encoding="utf-8")


def served_by(sim):
    return {entry["user_agent"] for entry in sim.seen()}


def test_a_name_is_asked_for_again_when_its_time_to_live_is_over_and_followed(sims):
    with NameServer({NAME: (["127.0.0.11"], 1)}) as dns, balancer_by_name(sims, dns, resolve_every="1h") as balancer:
        assert balancer.await_state("ps1", "up")
        assert ask_once("127.0.6.1", balancer) == 200 and served_by(sims[0]) == {"127.0.6.1"}
        dns.names[NAME] = (["127.0.0.12"], 1)
        assert await_value(lambda: log_text(balancer), lambda log: "now reached at 127.0.0.12" in log).count("now reached at") == 1
        assert balancer.await_state("ps1", "up")
        assert ask_once("127.0.6.2", balancer) == 200 and served_by(sims[1]) == {"127.0.6.2"}
        asked = dns.asked(NAME)[1:]  # the first was at the start
        assert asked and all(later - earlier > 0.9 for earlier, later in zip(asked, asked[1:]))


def test_a_long_time_to_live_is_not_asked_for_again_and_again(sims):
    with NameServer({NAME: (["127.0.0.11"], 600)}) as dns, balancer_by_name(sims, dns, resolve_every="1s") as balancer:
        assert balancer.await_state("ps1", "up")
        before = len(await_value(lambda: dns.asked(NAME), lambda asked: len(asked) >= 2))  # at start, and by Names
        sims[0].fault("503")  # something that takes a while
        assert balancer.await_state("ps1", "down")
        sims[0].fault("none")
        assert balancer.await_state("ps1", "up")
        assert len(dns.asked(NAME)) == before == 2


def test_a_server_that_is_down_at_one_of_its_addresses_is_tried_at_the_next(sims):
    with NameServer({NAME: (["127.0.0.11", "127.0.0.12"], 1)}) as dns, balancer_by_name(sims, dns) as balancer:
        assert balancer.await_state("ps1", "up")
        sims[0].kill()
        sims[1].clear_seen()
        assert await_value(lambda: log_text(balancer), lambda log: "now reached at" in log).count("it is down at the other") >= 1
        assert balancer.await_state("ps1", "up")
        assert ask_once("127.0.6.3", balancer) == 200


def test_a_vanished_name_keeps_its_last_address_through_reloads_and_warns(sims):
    with NameServer({NAME: (["127.0.0.11"], 1)}) as dns, balancer_by_name(sims, dns) as balancer:
        assert balancer.await_state("ps1", "up")
        del dns.names[NAME]
        log = await_value(lambda: log_text(balancer), lambda text: "has no address any more" in text)
        line = next(json.loads(line) for line in log.splitlines() if "has no address any more" in line)
        assert line["level"] == "warn" and line["host"] == NAME and line["server"] == "ps1"
        balancer._process.send_signal(signal.SIGHUP)
        assert await_value(lambda: log_text(balancer), lambda text: '"reloaded"' in text).count("has no address any more") == 1
        assert balancer.await_state("ps1", "up")
        assert ask_once("127.0.6.4", balancer) == 200
        dns.names[NAME] = (["127.0.0.12"], 1)
        assert "has an address again" in await_value(lambda: log_text(balancer), lambda text: "now reached at 127.0.0.12" in text)


def test_a_name_of_the_hosts_file_is_found_without_the_dns(sims):
    with NameServer({}) as dns:
        with balancer_by_name(sims, dns, host="localhost") as balancer:
            assert "no address" not in log_text(balancer)
        assert not dns.asked("localhost")
