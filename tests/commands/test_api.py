"""The Api over TCP, as programs and the dashboard use it: tokens, conditions, events, TLS; and that its answers are as
config/openapi.yaml says."""

import http.client
import json
import re
import shutil
import ssl

import pytest
import yaml

import wsman
from balancer import POOL, Balancer, await_value
from desk import Answer, Desk
from winrm_sim import ROOT, WinrmSim, make_certificate

TOKEN = "0123456789abcdef-of-the-operators"
PATIENCE = 60


@pytest.fixture(name="sims", scope="module")
def two_servers():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two:
        yield one, two


@pytest.fixture(name="balancer", scope="module")
def with_a_token(sims, tmp_path_factory):
    tokens = tmp_path_factory.mktemp("tokens") / "tokens"
    tokens.touch(mode=0o600)
    tokens.write_text(f"deploy {TOKEN}\n", encoding="utf-8")
    with Balancer(sims, admin={"bind": "127.0.0.1:0", "token_file": str(tokens)}) as balancer:
        for sim in sims:
            assert balancer.await_state(sim.name, "up")
        yield balancer


def call(balancer, method, target, body=None, token=None, **fields):
    connection = http.client.HTTPConnection(*balancer.admin, timeout=PATIENCE)
    if token:
        fields["Authorization"] = f"Bearer {token}"
    connection.request(method, target, json.dumps(body) if body is not None else None, fields)
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def test_reading_is_free_here_and_changing_takes_the_token(balancer):
    assert call(balancer, "GET", "/api/v1/status").status == 200
    target = f"/api/v1/pools/{POOL}/servers/ps1/drain"
    assert call(balancer, "POST", target).status == 401
    assert call(balancer, "POST", target, token="x" * 33).status == 401
    assert call(balancer, "POST", target, token=TOKEN).json["mode"] == "drain"
    assert call(balancer, "POST", f"/api/v1/pools/{POOL}/servers/ps1/ready", token=TOKEN).status == 200


def test_a_change_may_insist_on_the_configuration_that_it_knows(balancer):
    etag = call(balancer, "GET", "/api/v1/configuration").fields["ETag"]
    assert Desk(balancer).run("reload").returncode == 0
    target = f"/api/v1/pools/{POOL}/servers/ps1/ready"
    assert call(balancer, "POST", target, token=TOKEN, **{"If-Match": "*"}).status == 200
    stale = http.client.HTTPConnection(*balancer.admin, timeout=PATIENCE)
    stale.request("POST", target, headers={"If-Match": etag, "Authorization": f"Bearer {TOKEN}"})
    assert stale.getresponse().status == 412
    stale.close()


def test_events_bring_the_status_each_second_and_changes_as_they_come(balancer):
    connection = http.client.HTTPConnection(*balancer.admin, timeout=PATIENCE)
    connection.request("GET", "/api/v1/events")
    stream = connection.getresponse()
    assert stream.headers["Content-Type"] == "text/event-stream"

    def until(wanted):
        while True:
            event = stream.readline().decode().removeprefix("event: ").strip()
            data = json.loads(stream.readline().decode().removeprefix("data: "))
            assert stream.readline() == b"\n"
            if event == wanted:
                return data
    assert list(until("status")) == list(call(balancer, "GET", "/api/v1/status").json)
    until("status")
    Desk(balancer).run("drain", "ps2")
    change = until("change")
    assert (change["server"], change["from"], change["to"]) == ("ps2", "ready", "drain")
    assert until("status")["pools"][0]["servers"][1]["drain"]["empty"]
    connection.close()
    Desk(balancer).run("ready", "ps2")
    changes = call(balancer, "GET", "/api/v1/history").json["changes"]
    assert ("ps2", "drain") in [(one["server"], one["to"]) for one in changes]


def test_it_speaks_tls_with_a_certificate_of_its_own(sims, tmp_path):
    (tmp_path / "new").mkdir()
    certificate, key = make_certificate(tmp_path, name="lb")
    with Balancer(sims, admin={"bind": "127.0.0.1:0", "certificate": str(certificate), "key": str(key)}) as balancer:
        context = ssl.create_default_context(cafile=str(certificate))
        context.check_hostname = False
        connection = http.client.HTTPSConnection(*balancer.admin, timeout=PATIENCE, context=context)
        connection.request("GET", "/api/v1/version")
        assert connection.getresponse().status == 200
        connection.close()
        shown = ssl.get_server_certificate(balancer.admin)
        new_certificate, new_key = make_certificate(tmp_path / "new", name="lb")
        shutil.copy(new_key, key)
        shutil.copy(new_certificate, certificate)
        assert await_value(lambda: ssl.get_server_certificate(balancer.admin), lambda now: now != shown) != shown, \
            "a certificate that was replaced is not taken"


# As it is written down.

DOCUMENT = yaml.safe_load((ROOT / "config" / "openapi.yaml").read_text(encoding="utf-8"))


def resolved(schema):
    reference = schema.get("$ref")
    return DOCUMENT["components"]["schemas"][reference.rsplit("/", 1)[1]] if reference else schema


def misfit(value, schema, at="answer"):
    """Where a value is not as the schema says; nothing if it is. The part of JSON Schema that the document uses."""
    schema = resolved(schema)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    python = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    if not any(isinstance(value, python[kind]) and (kind == "boolean" or not isinstance(value, bool)) for kind in kinds):
        return f"{at} is {value!r}, not {schema['type']}"
    if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        return f"{at} is {value!r}, no time"
    if isinstance(value, list):
        return next(filter(None, (misfit(one, schema["items"], f"{at}[{i}]") for i, one in enumerate(value))), None)
    if isinstance(value, dict):
        missing = set(schema.get("required", ())) - value.keys()
        if missing:
            return f"{at} lacks {missing}"
        known = schema.get("properties", {})
        for name, one in value.items():
            inner = known.get(name) or schema.get("additionalProperties")
            if not inner:
                return f"{at}.{name} is not written down"
            what = misfit(one, inner, f"{at}.{name}")
            if what:
                return what
    return None


def operations():
    return [(method.upper(), path, one) for path, methods in DOCUMENT["paths"].items() for method, one in methods.items()]


ARGUMENTS = {"explain": "?client=127.9.8.1"}
BODIES = {"weight": {"weight": 100}, "pin": {"server": "ps1"}, "kick": {"client": "127.9.8.9"}, "set-log-level": {"level": "info"}}
NAMES = {"{pool}": "farm", "{server}": "ps1", "{client}": "127.9.8.1"}


@pytest.mark.parametrize("method, path, operation", operations(), ids=[one["operationId"] for _, _, one in operations()])
def test_the_answers_are_as_the_document_says(balancer, method, path, operation):
    name = operation["operationId"]
    if name in ("events", "plan"):  # tested above; and in test_commands.py, where something is planned
        return
    with wsman.Client(balancer, address="127.9.8.1") as client:
        client.open_shell()
        target = path
        for brace, value in NAMES.items():
            target = target.replace(brace, value)
        if name == "forget":
            call(balancer, "PUT", f"/api/v1/pools/{POOL}/clients/127.9.8.2/pin", {"server": "ps1"}, token=TOKEN)
            target = target.replace("127.9.8.1", "127.9.8.2")
        answer = call(balancer, method, target + ARGUMENTS.get(name, ""), BODIES.get(name), token=TOKEN)
    assert answer.status == 200, answer.text
    content = operation["responses"]["200"]["content"]
    kind = answer.fields["Content-Type"].split(";")[0]
    assert kind in content
    if kind == "application/json":
        assert misfit(answer.json, content[kind]["schema"]) is None
    Desk(balancer).run("ready", "ps1")


def test_problems_are_as_the_document_says(balancer):
    for method, path, operation in operations():
        if "default" not in operation["responses"]:
            continue
        for brace, value in (("{pool}", "none"), ("{server}", "none"), ("{client}", "none")):
            path = path.replace(brace, value)
        answer = call(balancer, method, path + "?nonsense=1", token=TOKEN)
        assert answer.status in (400, 404), path
        assert answer.fields["Content-Type"] == "application/problem+json"
        assert misfit(answer.json, {"$ref": "#/components/schemas/Problem"}) is None
