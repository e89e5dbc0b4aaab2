"""The monitoring kit against the real programs: promtool judges it, and a real Prometheus sees a server die and return."""

import json
import re
import shutil
import subprocess
import urllib.request

import pytest

from balancer import Balancer, await_value
from many_clients import ask, connect_from, identify
from winrm_sim import ROOT, WinrmSim

KIT = ROOT / "config" / "monitoring"
TESTS = ("alerts_test.yml", "alerts_hours_test.yml")
NAMES = re.compile(r"\b(?:winrm_lb|process)_[a-z_0-9]+")

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs the package prometheus")


def run(*words, text=None):
    outcome = subprocess.run(words, capture_output=True, text=True, cwd=KIT, input=text, timeout=120, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout + outcome.stderr


def get(address, path):
    with urllib.request.urlopen("http://{}:{}{}".format(*address, path), timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture(name="farm")
def farm_with_metrics():
    with WinrmSim("ps1", address="127.0.0.11", allow_unencrypted=True) as one, \
         WinrmSim("ps2", address="127.0.0.12", allow_unencrypted=True) as two:
        balancer = Balancer([one, two], pool={"health": {"interval": "200ms"}})
        balancer.settings["admin"]["bind"] = "127.0.0.1:0"
        with balancer:
            yield balancer, one, two


def samples(text):
    """Names of all samples, with those of the families."""
    names = set(re.findall(r"^([a-z_0-9]+)(?:\{| )", text, re.MULTILINE))
    return names | set(re.findall(r"^# TYPE ([a-z_0-9]+)", text, re.MULTILINE))


def test_promtool_accepts_the_kit():
    run("promtool", "check", "config", "prometheus.yml")
    assert "SUCCESS" in run("promtool", "test", "rules", *TESTS)


def test_every_alert_is_tried():
    alerts = set(re.findall(r"alert: (\w+)", (KIT / "alerts.yml").read_text(encoding="utf-8")))
    tried = {name for file in TESTS for name in re.findall(r"alertname: (\w+)", (KIT / file).read_text(encoding="utf-8"))}
    assert alerts <= tried, f"no test makes these fire: {alerts - tried}"


def test_promtool_accepts_what_a_balancer_at_work_exports(farm):
    balancer, *_ = farm
    with connect_from("127.0.9.1", balancer.plain) as connection:
        assert ask(connection, identify("127.0.9.1")).status == 200
    text = await_value(lambda: get(balancer.admin, "/metrics"),
                       lambda text: re.search(r'requests_total\{.*operation="identify",result="ok"\} 1$', text, re.MULTILINE))
    run("promtool", "check", "metrics", text=text)
    assert re.search(r'winrm_lb_requests_total\{pool="farm",operation="identify",result="ok"\} 1$', text, re.MULTILINE)
    assert re.search(r'winrm_lb_request_duration_seconds_count\{pool="farm",kind="call"\} 1$', text, re.MULTILINE)
    assert "127.0.9.1" not in text, "a client's address is no label"


def test_alerts_and_dashboard_name_what_there_is(farm):
    balancer, *_ = farm
    there = samples(get(balancer.admin, "/metrics"))
    for name in ("alerts.yml", *TESTS, "dashboard.json"):
        used = set(NAMES.findall((KIT / name).read_text(encoding="utf-8")))
        # Certificates are there once a check by TLS has seen one.
        missing = used - there - {"winrm_lb_server_certificate_not_after_seconds"}
        assert not missing, f"{name} names what no balancer exports: {missing}"
    json.loads((KIT / "dashboard.json").read_text(encoding="utf-8"))


def test_the_page_on_monitoring_has_every_metric(farm):
    balancer, *_ = farm
    page = (ROOT / "config" / "doc" / "monitoring.md").read_text(encoding="utf-8")
    families = set(re.findall(r"^# TYPE (\S+)", get(balancer.admin, "/metrics"), re.MULTILINE))
    missing = {name for name in families if f"`{name.removeprefix('winrm_lb_')}`" not in page}
    assert not missing, f"not on the page: {sorted(missing)}"


class Prometheus:
    """The real one, with the kit's alerts made quick."""

    def __init__(self, folder, target):
        rules = (KIT / "alerts.yml").read_text(encoding="utf-8")
        (folder / "alerts.yml").write_text(re.sub(r"for: \w+", "for: 1s", rules), encoding="utf-8")
        configuration = (KIT / "prometheus.yml").read_text(encoding="utf-8")
        configuration = configuration.replace("15s", "1s").replace("127.0.0.1:9585", "{}:{}".format(*target))
        (folder / "prometheus.yml").write_text(configuration, encoding="utf-8")
        self.log = open(folder / "prometheus.log", "w+b")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             "--web.listen-address=127.0.0.1:0", "--log.level=info"],
            stdout=subprocess.DEVNULL, stderr=self.log)
        self.address = None
        found = await_value(self.find_port, bool)
        assert found, "Prometheus did not start"
        self.address = ("127.0.0.1", found)

    def find_port(self):
        text = open(self.log.name, encoding="utf-8").read()
        found = re.search(r"Listening on\S* address=\[?[\d.:]+?\]?:(\d+)\b", text) or re.search(r"address=127\.0\.0\.1:(\d+)", text)
        return int(found[1]) if found and found[1] != "0" else None

    def alerts(self):
        """Names and servers of the alerts that fire."""
        try:
            answer = json.loads(get(self.address, "/api/v1/alerts"))
        except OSError:
            return set()
        return {(alert["labels"]["alertname"], alert["labels"].get("server", ""))
                for alert in answer["data"]["alerts"] if alert["state"] == "firing"}

    def await_alerts(self, enough):
        alerts = await_value(self.alerts, enough, 60)
        assert enough(alerts), f"these fire: {alerts}"

    def asked(self):
        """How many servers it knows of."""
        try:
            answer = json.loads(get(self.address, "/api/v1/query?query=winrm_lb_server_up"))
        except OSError:  # it listens before it answers
            return 0
        return len(answer["data"]["result"])

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def test_an_alert_fires_when_a_server_dies_and_resolves_when_it_returns(farm, tmp_path):
    balancer, victim, _ = farm
    prometheus = Prometheus(tmp_path, balancer.admin)
    try:
        assert await_value(prometheus.asked, lambda servers: servers == 2, 60) == 2
        quiet = {("WinrmLbServerDown", "ps1"), ("WinrmLbOneServerLeft", "")}
        prometheus.await_alerts(lambda alerts: not alerts & quiet)
        victim.kill()
        prometheus.await_alerts(lambda alerts: quiet <= alerts)
        victim.start()
        prometheus.await_alerts(lambda alerts: not alerts & quiet)
    finally:
        prometheus.stop()
