"""`winrm-lb explain` tells by which route a client goes, for each condition that a route may have."""

import pytest

from balancer import Balancer

ROUTES = [
    {"sni": "*.customer.example.net", "pool": "other"},
    {"host": "mail.example.net", "pool": "other"},
    {"clients": ["10.2.0.0/16"], "pool": "other"},
    {"path": "/powershell", "pool": "other"},
    {"resource": "Microsoft.Exchange", "pool": "other"},
    {"user": "MAIL\\*", "pool": "other"},
    {"listener": "tls", "pool": "other"},
]
PLAIN = ("--listener", "plain")
CASES = [
    (("--sni", "teams.customer.example.net"), "route 1 (sni *.customer.example.net)"),
    (("--host", "mail.example.net"), "route 2 (host mail.example.net)"),
    (("--path", "/powershell?x"), "route 4 (path /powershell)"),
    (("--resource", "http://schemas.microsoft.com/powershell/Microsoft.Exchange"), "route 5 (resource Microsoft.Exchange)"),
    (("--user", "mail\\bob"), "route 6 (user MAIL\\*)"),
]


@pytest.fixture(name="balancer", scope="module")
def fixture_balancer():
    balancer = Balancer({"s1": {"host": "127.0.0.1", "port": 1, "tls_port": 2}})
    balancer.settings["pools"]["other"] = {"servers": {"s2": {"host": "127.0.0.1", "port": 3, "tls_port": 4}},
                                           "server_tls": {"verify": "none"}, "health": {"probe": "tcp"}}
    balancer.settings["routes"] = ROUTES
    with balancer:
        yield balancer


def explained(balancer, *words, client="10.1.0.1"):
    answer = balancer.ask("explain", "--client", client, *words)
    return answer["pool"], answer["route"]


@pytest.mark.parametrize("words, route", CASES)
def test_each_condition_leads_to_its_pool(balancer, words, route):
    assert explained(balancer, *PLAIN, *words) == ("other", route)


def test_by_address_and_by_listener(balancer):
    assert explained(balancer, *PLAIN, client="10.2.3.4") == ("other", "route 3 (clients 10.2.0.0/16)")
    assert explained(balancer, "--listener", "tls") == ("other", "route 7 (listener tls)")


def test_the_first_goes_and_without_any_the_listeners_pool(balancer):
    both = explained(balancer, *PLAIN, "--host", "mail.example.net", "--path", "/powershell")
    assert both == ("other", "route 2 (host mail.example.net)")
    assert explained(balancer, *PLAIN) == ("farm", "no route holds: the listener's pool")
