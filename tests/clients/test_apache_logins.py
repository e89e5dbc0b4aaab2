"""Many users log in through the balancer, by Kerberos and NTLM, to servers that know a user by the connection.

Apache's mod_auth_gssapi with GssapiConnectionBound stands for http.sys: whoever has logged in on a connection is who all
its later requests come from. One answer for another user would be a stolen login. That such answers would be found is
shown with a proxy that shares server connections.

Users are 20, requests of each are 200 (WINRMLB_SOAK per cent of that), over several connections at a time. Two users
each share a client address, so that they meet on a server whatever the affinity.
"""

import concurrent.futures
import contextlib
import subprocess
import typing

import pytest

from apache_gssapi import DOMAIN, HOST, REALM, Apache, Realm, missing_packages
from balancer import Balancer
from sharing_proxy import SharingProxy
from soak import soak_count

USERS = [f"user{number:02}" for number in range(1, 21)]
REQUESTS = max(2, soak_count(200))
REQUESTS_PER_CONNECTION = max(2, REQUESTS // 4)
CONNECTIONS = REQUESTS // REQUESTS_PER_CONNECTION
AT_ONCE = 20

BODY = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{user}</s:Body></s:Envelope>'
FIELDS = ("%{http_code}", "%header{x-server}", "%{num_connects}", "%header{x-login}", "%header{x-user}")


class Answer(typing.NamedTuple):
    asked_by: str
    connection: int
    status: str
    server: str
    connects: str  # client connections that this request had to open
    login: str  # "yes" if the request itself logged in
    user: str


class Site(typing.NamedTuple):
    realm: Realm
    servers: list


@pytest.fixture(scope="module", name="site")
def fixture_site():
    missing = missing_packages()
    if missing:
        pytest.skip("SKIPPED, no real logins are tried: not installed: " + ", ".join(missing))
    with contextlib.ExitStack() as stack:
        realm = stack.enter_context(Realm(USERS))
        yield Site(realm, [stack.enter_context(Apache(name, realm)) for name in ("s1", "s2", "s3")])


MECHANISMS = {
    "kerberos": (Realm.kerberos_environment, lambda user: f"{user}@{REALM}"),
    "ntlm": (Realm.ntlm_environment, lambda user: f"{DOMAIN}\\{user}"),
}
each_mechanism = pytest.mark.parametrize("mechanism", MECHANISMS)


def ask(environment, name, user, connection, port):
    """One curl, thus one connection as long as the other end keeps it; an Answer per request."""
    # curl adds a line end to a head field that is empty, so lines cannot part the records.
    form = "|".join(FIELDS) + "~"
    client = f"127.0.1.{USERS.index(user) % 10 + 1}"
    done = subprocess.run(
        ["/usr/bin/curl", "-q", "-sS", "--noproxy", "*", "--max-time", "120", "--interface", client,
         "--connect-to", f"{HOST}:80:127.0.0.1:{port}", "--negotiate", "-u", ":", "-o", "/dev/null", "-w", form,
         "-H", "Content-Type: application/soap+xml;charset=UTF-8", "--data", BODY.format(user=user) * 10,
         f"http://{HOST}/wsman?[1-{REQUESTS_PER_CONNECTION}]"],
        env=environment, capture_output=True, text=True, timeout=600)
    records = [[field.strip() for field in record.split("|")] for record in done.stdout.split("~")[:-1]]
    answers = [Answer(name, connection, *record) for record in records]
    lost = REQUESTS_PER_CONNECTION - len(answers)
    return answers + [Answer(name, connection, f"none: {done.stderr.strip()}", "", "0", "", "")] * lost


def load(site, mechanism, port):
    """What all users got, all at the same time."""
    environment, name = MECHANISMS[mechanism]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(ask, environment(site.realm, user), name(user), user, connection, port)
                for connection in range(CONNECTIONS) for user in USERS]
        return [answer for job in jobs for answer in job.result()]


def stolen(answers):
    return [answer for answer in answers if answer.status == "200" and answer.user != answer.asked_by]


def failed(answers):
    return [answer for answer in answers if answer.status != "200"]


def by_connection(answers):
    connections = {}
    for answer in answers:
        connections.setdefault((answer.asked_by, answer.connection), []).append(answer)
    return connections


def assert_all_logins_hold(site, answers):
    errors = "".join(server.errors() for server in site.servers)
    assert len(answers) == len(USERS) * CONNECTIONS * REQUESTS_PER_CONNECTION
    assert not stolen(answers)[:5]
    assert not failed(answers)[:5], errors
    for whole in by_connection(answers).values():
        # One login at the start, and everything after it lives on that: else there was nothing to be stolen.
        assert [answer.login for answer in whole] == ["yes"] + [""] * (len(whole) - 1)
        assert sum(int(answer.connects) for answer in whole) == 1
        assert len({answer.server for answer in whole}) == 1


@each_mechanism
def test_logins_hold_without_anything_between(site, mechanism):
    assert_all_logins_hold(site, load(site, mechanism, site.servers[0].port))


@each_mechanism
@pytest.mark.parametrize("workers", (2, 4))
def test_logins_hold_through_the_balancer(site, mechanism, workers):
    servers = {server.name: {"host": "127.0.0.1", "port": server.port} for server in site.servers}
    with Balancer(servers, workers=workers) as balancer:
        answers = load(site, mechanism, balancer.plain[1])
        assert balancer.alive()
    assert_all_logins_hold(site, answers)
    assert {answer.server for answer in answers} == set(servers)


@each_mechanism
def test_a_proxy_that_shares_server_connections_is_found_out(site, mechanism):
    with SharingProxy([("127.0.0.1", server.port) for server in site.servers]) as proxy:
        answers = load(site, mechanism, proxy.port)
    assert stolen(answers), f"no answer for another user among {len(answers)}, {len(failed(answers))} failed"
