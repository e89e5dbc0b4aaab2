"""Many users log in through the balancer, by Kerberos and NTLM, to servers that know a user by the connection.

Apache's mod_auth_gssapi with GssapiConnectionBound stands for http.sys: whoever has logged in on a connection is who
all its later requests come from. One answer for another user would be a stolen login. That such answers would be found
is shown with a proxy that shares server connections.

Users are 20, requests of each are 200 (WINRMLB_SOAK per cent of that, but not below 20), on four connections. Two users
each share a client address, so that they meet on a server whatever the affinity.
"""

import concurrent.futures
import contextlib
import subprocess
import typing

import pytest

try:
    import requests
    import requests_ntlm
except ImportError:
    requests = requests_ntlm = None

from apache_gssapi import DOMAIN, HOST, REALM, Apache, Realm, missing_packages
from balancer import Balancer
from sharing_proxy import SharingProxy
from soak import soak_count

USERS = [f"user{number:02}" for number in range(1, 21)]
CONNECTIONS = 4
REQUESTS_PER_CONNECTION = max(20, soak_count(200)) // CONNECTIONS
AT_ONCE = 20

BODY = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{user}</s:Body></s:Envelope>'
CONTENT_TYPE = "application/soap+xml;charset=UTF-8"
FIELDS = ("%{http_code}", "%header{x-server}", "%{num_connects}", "%header{x-login}", "%header{x-user}")  # of Answer


class Answer(typing.NamedTuple):
    status: str
    server: str = ""
    connects: str = "0"  # client connections that this request had to open
    login: str = ""  # "yes" if the request itself logged in
    user: str = ""  # whom the server took it from


class Connection(typing.NamedTuple):
    user: str
    answers: list


class Site(typing.NamedTuple):
    realm: Realm
    servers: list


@pytest.fixture(scope="module", name="site")
def fixture_site():
    missing = missing_packages() + ([] if requests_ntlm else ["python3-requests-ntlm"])
    if missing:
        pytest.skip("SKIPPED, no real logins are tried: not installed: " + ", ".join(missing))
    with contextlib.ExitStack() as stack:
        realm = stack.enter_context(Realm(USERS))
        yield Site(realm, [stack.enter_context(Apache(name, realm)) for name in ("s1", "s2", "s3")])


def client_address(user):
    return f"127.0.1.{USERS.index(user) % 10 + 1}"


def ask_with_curl(environment, user, port):
    """One curl, thus one connection as long as the other end keeps it."""
    # curl adds a line end to a head field that is empty, so lines cannot part the records.
    form = "|".join(FIELDS) + "~"
    done = subprocess.run(
        ["/usr/bin/curl", "-q", "-sS", "--noproxy", "*", "--max-time", "120", "--interface", client_address(user),
         "--connect-to", f"{HOST}:80:127.0.0.1:{port}", "--negotiate", "-u", ":", "-o", "/dev/null", "-w", form,
         "-H", f"Content-Type: {CONTENT_TYPE}", "--data", BODY.format(user=user) * 10,
         f"http://{HOST}/wsman?[1-{REQUESTS_PER_CONNECTION}]"],
        env=environment, capture_output=True, text=True, timeout=600)
    answers = [Answer(*(field.strip() for field in record.split("|"))) for record in done.stdout.split("~")[:-1]]
    lost = REQUESTS_PER_CONNECTION - len(answers)
    return answers + [Answer(f"none: {done.stderr.strip()}")] * lost


def ask_by_kerberos(realm, user, port):
    return f"{user}@{REALM}", ask_with_curl(realm.kerberos_environment(user), user, port)


def ask_by_ntlm_in_negotiate(realm, user, port):
    return f"{DOMAIN}\\{user}", ask_with_curl(realm.ntlm_environment(user), user, port)


def ask_by_plain_ntlm(realm, user, port):
    """The scheme NTLM, by requests, which asks without a login first."""
    class FromClientAddress(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args, **kwargs):
            super().init_poolmanager(*args, **kwargs, source_address=(client_address(user), 0))

    name = f"{DOMAIN}\\{user}"
    url = f"http://127.0.0.1:{port}/wsman"
    answers = []
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", FromClientAddress(pool_connections=1, pool_maxsize=1))
        session.auth = requests_ntlm.HttpNtlmAuth(name, realm.users[user])
        for number in range(REQUESTS_PER_CONNECTION):
            reply = session.post(f"{url}?{number}", data=BODY.format(user=user) * 10, timeout=120,
                                 headers={"Content-Type": CONTENT_TYPE})
            opened = session.adapters["http://"].poolmanager.connection_from_url(url).num_connections
            answers.append(Answer(str(reply.status_code), reply.headers.get("X-Server", ""),
                                  str(opened - sum(int(answer.connects) for answer in answers)),
                                  reply.headers.get("X-Login", ""), reply.headers.get("X-User", "")))
    return name, answers


WAYS = (ask_by_kerberos, ask_by_ntlm_in_negotiate, ask_by_plain_ntlm)
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


def load(site, way, port):
    """What all users got, all at the same time: a list of Connection."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(way, site.realm, user, port) for _ in range(CONNECTIONS) for user in USERS]
        return [Connection(*job.result()) for job in jobs]


def stolen(connections):
    return [(whole.user, answer) for whole in connections for answer in whole.answers
            if answer.status == "200" and answer.user != whole.user]


def failed(connections):
    return [(whole.user, answer) for whole in connections for answer in whole.answers if answer.status != "200"]


def assert_all_logins_hold(site, connections):
    errors = "".join(server.errors() for server in site.servers)
    assert len(connections) == len(USERS) * CONNECTIONS
    assert not stolen(connections)[:5]
    assert not failed(connections)[:5], errors
    for _, answers in connections:
        # One login at the start, and everything after it lives on that: else there was nothing to be stolen.
        assert [answer.login for answer in answers] == ["yes"] + [""] * (REQUESTS_PER_CONNECTION - 1)
        assert sum(int(answer.connects) for answer in answers) == 1
        assert len({answer.server for answer in answers}) == 1


@each_way
def test_logins_hold_without_anything_between(site, way):
    assert_all_logins_hold(site, load(site, way, site.servers[0].port))


@each_way
@pytest.mark.parametrize("workers", (2, 4))
def test_logins_hold_through_the_balancer(site, way, workers):
    servers = {server.name: {"host": "127.0.0.1", "port": server.port} for server in site.servers}
    with Balancer(servers, workers=workers) as balancer:
        connections = load(site, way, balancer.plain[1])
        assert balancer.alive()
    assert_all_logins_hold(site, connections)
    assert {whole.answers[0].server for whole in connections} == set(servers)


@each_way
def test_a_proxy_that_shares_server_connections_is_found_out(site, way):
    with SharingProxy([("127.0.0.1", server.port) for server in site.servers]) as proxy:
        connections = load(site, way, proxy.plain[1])
    assert stolen(connections), f"{len(connections)} connections, no stolen login, {len(failed(connections))} failures"
