"""A real browser for tests: headless Chromium, steered by chromedriver.

    from browser import Browser, missing

    missing()                            # what is not installed, as a sentence; None: all is there
    with Browser("http://127.0.0.1:41234/") as browser:
        browser.find("#live"), browser.all("tbody tr")      # elements, by CSS; find() waits until it is there
        browser.text("#live")            # what is shown of it
        browser.await_text("#live", "Live")                 # waits until its text holds that
        browser.button("Drain ps1").click()                 # by its accessible name; of the open dialog, if there is one
        browser.keys("10s", Keys.ENTER)  # to whatever has the focus
        browser.focused()                # the accessible name of that
        browser.run("return document.title")                # JavaScript
        browser.resize(360, 800); browser.screenshot(path)
        browser.complaints()             # errors in the console since it was asked last
"""

import os
import shutil

PATIENCE = 45  # seconds, for what should take one or two


def missing():
    try:
        import selenium  # noqa: F401, pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        return "python3-selenium is not installed"
    for program, package in (("chromium", "chromium"), ("chromedriver", "chromium-driver")):
        if not shutil.which(program):
            return f"{package} is not installed"
    return None


class Browser:
    def __init__(self, url):
        from selenium import webdriver  # pylint: disable=import-outside-toplevel
        from selenium.webdriver.chrome.service import Service  # pylint: disable=import-outside-toplevel
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                         "--disable-background-networking", "--window-size=1440,900", "--no-proxy-server"):
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # which Chromium refuses to set up for root
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.get(url)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def wait(self, enough, what):
        from selenium.common.exceptions import StaleElementReferenceException  # pylint: disable=import-outside-toplevel
        from selenium.webdriver.support.ui import WebDriverWait  # pylint: disable=import-outside-toplevel
        waiting = WebDriverWait(self.driver, PATIENCE, 0.1, ignored_exceptions=[StaleElementReferenceException])
        return waiting.until(lambda _: enough(), f"waited in vain for {what}")

    def all(self, css):
        return self.driver.find_elements("css selector", css)

    def find(self, css):
        return self.wait(lambda: next(iter(self.all(css)), None), css)

    def text(self, css):
        return self.find(css).text

    def await_text(self, css, wanted):
        try:
            return self.wait(lambda: wanted in self.text(css), f"{wanted!r} in {css}")
        except Exception as problem:
            raise AssertionError(f"{css} never said {wanted!r}, but {self.text(css)!r}") from problem

    def button(self, name):
        def look():
            inside = "dialog:modal:last-of-type button" if self.all("dialog:modal") else "button"
            return next((one for one in self.all(inside) if one.accessible_name == name and one.is_displayed()), None)
        return self.wait(look, f"a button {name!r}")

    def keys(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def focused(self):
        return self.driver.switch_to.active_element.accessible_name

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def resize(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})

    def screenshot(self, path):
        self.driver.save_screenshot(str(path))

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
