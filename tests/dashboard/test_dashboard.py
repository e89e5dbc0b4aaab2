"""The dashboard as an operator has it before them: a real browser, a real balancer, three servers with some work.

With $WINRMLB_SCREENSHOTS, a folder, it leaves pictures there.
"""

import base64
import http.client
import json
import os
import pathlib
import signal
import urllib.request

import pytest

import browser as chromium
from balancer import POOL, Balancer
from winrm_sim import WinrmSim
from wsman import IDENTIFY, SOAP, Client

if chromium.missing():
    pytest.skip(f"SKIPPED: {chromium.missing()}", allow_module_level=True)

from selenium.webdriver.common.keys import Keys  # noqa: E402  # pylint: disable=wrong-import-position

TOKEN = "0123456789abcdef-of-the-operators"
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture(name="balancer", scope="module")
def three_servers_with_work(tmp_path_factory):
    tokens = tmp_path_factory.mktemp("tokens") / "tokens"
    tokens.touch(mode=0o600)
    tokens.write_text(f"desk {TOKEN}\n", encoding="utf-8")
    sims = [WinrmSim(f"ps{i}", address=f"127.0.0.{10 + i}", allow_unencrypted=True) for i in (1, 2, 3)]
    for sim in sims:
        sim.__enter__()
    try:
        with Balancer(sims, admin={"bind": "127.0.0.1:0", "token_file": str(tokens)}) as balancer:
            for sim in sims:
                assert balancer.await_state(sim.name, "up")
            clients = [Client(balancer, address=f"127.0.0.{20 + i}") for i in range(6)]
            for client in clients:
                client.run(client.open_shell(), "hostname")
            stranger = http.client.HTTPConnection(*balancer.plain, source_address=("127.0.0.66", 0))
            stranger.request("POST", "/wsman", IDENTIFY, {
                "Content-Type": SOAP, "Authorization": "Basic " + base64.b64encode(f"{HOSTILE}:x".encode()).decode()})
            assert stranger.getresponse().read() == b""
            yield balancer
            stranger.close()
            for client in clients:
                client.close()
    finally:
        for sim in sims:
            sim.__exit__(None, None, None)


@pytest.fixture(name="page")
def one_page(balancer):
    with chromium.Browser("http://{}:{}/".format(*balancer.admin)) as page:
        page.await_text("#live", "Live")
        page.expected = 0  # answers that refuse, which the browser's console tells of
        yield page
        refusals = [text for text in page.complaints() if "401 (Unauthorized)" in text]
        others = [text for text in page.complaints() if text not in refusals]
        assert (len(refusals), others) == (page.expected, [])


def api(balancer, path):
    with urllib.request.urlopen("http://{}:{}/api/v1/{}".format(*balancer.admin, path), timeout=60) as answer:
        return json.load(answer)


def cells(page, row):
    return page.run("""
        return Object.fromEntries([...arguments[0].querySelectorAll('[data-label]')]
          .map((cell) => [cell.dataset.label, cell.innerText.trim()]))""", row)


def row(page, server):
    return page.find(f"tr[data-server={server}]")


def picture(page, name):
    if os.environ.get("WINRMLB_SCREENSHOTS"):
        page.screenshot(pathlib.Path(os.environ["WINRMLB_SCREENSHOTS"]) / f"{name}.png")


def bring_token(page):
    page.button("Token …").click()
    page.find("dialog:modal input[name=token]").send_keys(TOKEN, Keys.ENTER)
    page.await_text("#token", "Forget token")


# What it shows.

def test_it_shows_what_the_api_says(balancer, page):
    def of_the_api():
        return [[one["name"], one["state"], str(one["clients"]), str(one["sessions"]), str(one["shells"]), str(one["weight"]),
                 one["why"]] for one in api(balancer, "status")["pools"][0]["servers"]]

    def shown():
        rows = [cells(page, one) for one in page.all("#farm tbody tr")]
        return [[one["Server"].split()[0], one["State"].split()[-1], one["Clients"], one["Sessions"], one["Shells"], one["Weight"],
                 one["Since, why"].split("\n")[-1]] for one in rows]
    page.wait(lambda: shown() == of_the_api(), "the servers' values")
    assert sum(int(one[4]) for one in shown()) == 6

    page.wait(lambda: len(page.all("#clients tbody tr")) == 7, "all clients")
    by_api = [[one["client"], one["server"], str(one["sessions"]), str(one["shells"])]
              for one in api(balancer, f"pools/{POOL}/clients")["clients"]]
    assert [[one["Client"], one["Server"], one["Sessions"], one["Shells"]]
            for one in (cells(page, one) for one in page.all("#clients tbody tr"))] == by_api
    assert page.text("[data-key=sessions] .now") == str(api(balancer, "status")["sessions"])
    assert page.text("[data-fact=Configuration]") == "revision 1"
    listener = cells(page, page.find("#listeners tbody tr"))
    assert listener["Can be seen"].startswith("header") and listener["Has been seen"] == "body"
    picture(page, "light")


def test_clients_are_found_by_server_by_part_and_by_address(balancer, page):
    page.wait(lambda: len(page.all("#clients tbody tr")) == 7, "all clients")
    field = page.find("#clients input")
    field.send_keys("0.0.6")
    page.wait(lambda: [one.text.split()[0] for one in page.all("#clients tbody tr")] == ["127.0.0.66"], "the one client")
    field.clear()
    field.send_keys("127.0.0.77")
    page.await_text("#clients .pager", "It is nowhere yet")
    field.clear()
    field.send_keys("0.0.2")
    page.wait(lambda: len(page.all("#clients tbody tr")) == 6, "six clients")


def test_names_that_clients_send_are_text(page):
    page.wait(lambda: HOSTILE in page.text("#sessions"), "the name of a user who means harm")
    assert page.run("return document.querySelectorAll('main script, main img').length") == 0
    assert "owned" not in page.run("return document.title")


def test_charts_say_in_words_what_they_draw(page):
    page.wait(lambda: page.all("svg[aria-label*='Requests / s, the last hour']"), "the chart's text")
    assert all(chart.get_attribute("role") == "img" for chart in page.all("svg"))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(page, colours):
    if page.run("return document.documentElement.dataset.theme") != colours:
        page.find("#theme").click()
    bring_token(page)
    page.button("Drain ps1").click()
    page.wait(lambda: page.all("dialog:modal"), "the dialog")
    picture(page, colours + "-dialog")
    ratios = page.run(CONTRASTS)
    assert len(ratios) > 60
    assert [one for one in ratios if one[0] < 4.5] == []
    page.button("Cancel").click()
    picture(page, colours)


# The ratio of each text to what is painted behind it (WCAG 2.2, 1.4.3).
CONTRASTS = """
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] / 255 + under[i] * (1 - top[3] / 255)).concat(255);
const ground = (node) => {
  if (!node) return [255, 255, 255, 255];
  const colour = rgba(getComputedStyle(node).backgroundColor);
  return colour[3] === 255 ? colour : over(colour, ground(node.tagName === 'DIALOG' ? null : node.parentElement));
};
const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
  .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
const all = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const node = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || node.closest('noscript, .unseen, [hidden]') || node.getClientRects().length === 0) continue;
  const behind = ground(node);
  const [a, b] = [light(over(rgba(getComputedStyle(node).color), behind)), light(behind)];
  all.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), walk.currentNode.data.trim()]);
}
return all;
"""


def test_it_fits_a_phone(page):
    page.resize(360, 800)
    page.wait(lambda: page.all("#clients tbody tr"), "clients")
    assert page.run("return document.documentElement.scrollWidth") <= 360
    assert page.run("""return [...document.querySelectorAll('button, select, input')]
        .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 36).map((one) => one.outerHTML)""") == []
    picture(page, "narrow")
    page.resize(360, 2400)
    picture(page, "narrow-whole")


def test_it_says_when_nothing_comes_any_more_and_since_when(balancer, page):
    os.kill(balancer.pid, signal.SIGSTOP)
    try:
        page.await_text("#live", "Stale since")
    finally:
        os.kill(balancer.pid, signal.SIGCONT)
    page.wait(lambda: page.text("#live").endswith("Live"), "data again")
    page.complaints()  # of connections that were given up meanwhile


# What it does.

def test_a_drain_started_by_clicks_ends_there(balancer, page):
    before = balancer.server("ps2")["shells"]
    assert before > 0
    page.button("Drain ps2").click()
    page.await_text("dialog:modal .says", "ps2 takes nobody new")
    page.find("dialog:modal input[name=deadline]").send_keys("4 s")
    page.button("Drain").click()
    page.find("dialog:modal input[name=token]").send_keys(TOKEN, Keys.ENTER)
    page.await_text("#drains", "ps2 (farm), drain")
    page.await_text("#notice", "ps2 is being drained, with 4 s to go")
    page.wait(lambda: "left" in page.text("#drains .now") or "Empty" in page.text("#drains .now"), "its countdown")
    picture(page, "drain")
    page.await_text("#drains", "Empty")
    assert balancer.server("ps2")["drain"]["empty"]
    page.wait(lambda: cells(page, row(page, "ps2"))["Sessions"] == "0", "nobody there")
    assert any("ps2" in one.text and "drain" in one.text for one in page.all("#changes tbody tr"))
    page.button("Bring ps2 back").click()
    page.button("Ready").click()
    page.wait(lambda: not page.find("#drains").is_displayed(), "the end of the drain")
    assert balancer.server("ps2")["mode"] == "ready"


def test_a_drain_takes_no_mouse(balancer, page):
    page.wait(lambda: page.all("tr[data-server=ps1] button"), "servers")
    page.keys(Keys.TAB)
    assert page.focused() == "Skip to the servers"
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keys(Keys.ENTER, Keys.TAB)
    page.wait(lambda: page.focused() == "Drain ps1", "the first server's button")
    page.keys(Keys.ENTER)
    page.wait(lambda: page.all("dialog:modal"), "the dialog")
    page.wait(lambda: page.focused() == "Drain", "the choice")
    page.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    page.await_text("dialog:modal .says", "out at once")
    page.keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.TAB, "1h", Keys.ENTER)
    page.wait(lambda: page.focused() == "Token", "the token's field")
    page.keys(TOKEN, Keys.ENTER)
    page.await_text("#drains", "ps1 (farm), drain")
    assert balancer.server("ps1")["drain"]["deadline_in_seconds"] > 3000
    page.wait(lambda: page.focused() == "Bring ps1 back", "the focus where it was")
    page.keys(Keys.ENTER)
    page.wait(lambda: page.all("dialog:modal"), "the dialog")
    page.keys(Keys.ENTER)
    page.wait(lambda: balancer.server("ps1")["mode"] == "ready", "ps1 ready")


def test_a_wrong_token_is_told_and_not_kept(page):
    page.expected = 1
    page.button("Token …").click()
    field = page.find("dialog:modal input[name=token]")
    field.send_keys("x" * 33, Keys.ENTER)
    page.await_text("dialog:modal .complaint", "the token is none of the file")
    assert page.run("return sessionStorage.length") == 0
    field.clear()
    field.send_keys(TOKEN, Keys.ENTER)
    page.await_text("#token", "Forget token")
    assert page.run("return [sessionStorage.length, localStorage.length]") == [1, 0]
    page.button("Forget token").click()
    assert page.run("return sessionStorage.length") == 0


def test_weight_level_pin_kick_and_reload_do_what_they_say(balancer, page):
    bring_token(page)
    page.button("More actions on ps3").click()
    page.find("dialog:modal input[value=weight]").click()
    page.find("dialog:modal input[name=weight]").send_keys("25")
    page.button("Weight").click()
    page.await_text("#notice", "ps3 has weight 25")
    assert balancer.server("ps3")["weight"] == 25
    page.button("Log level …").click()
    page.find("dialog:modal select").send_keys("warn")
    page.button("Set").click()
    page.await_text("#notice", "The log takes warn")
    assert api(balancer, "log-level")["level"] == "warn"
    page.button("Pin 127.0.0.66").click()
    page.find("dialog:modal select").send_keys("ps3")
    page.button("Pin").click()
    page.await_text("#clients", "pinned to ps3")
    page.button("Kick 127.0.0.66").click()
    page.button("Kick").click()
    page.await_text("#notice", "session")  # if it has not ended by itself
    page.button("Forget 127.0.0.66").click()
    page.button("Forget").click()
    page.wait(lambda: "127.0.0.66" not in page.text("#clients tbody"), "it forgotten")
    page.button("Reload …").click()
    page.button("Reload").click()
    page.await_text("#notice", "revision 2 is in force")
    page.await_text("#last-reload", "succeeded")
