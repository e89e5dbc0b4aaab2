"""What operators read says what the program says: fields, reasons, ends, warnings; and the examples are right."""

import json
import pathlib
import re
import subprocess

import pytest

from balancer import balancer_environment, find_balancer
from winrm_sim import ROOT

PAGES = ROOT / "config" / "doc"
EXAMPLES = sorted((ROOT / "config" / "examples").glob("*.yaml"))


def page(name):
    return (PAGES / name).read_text(encoding="utf-8")


def source(name):
    return (ROOT / name).read_text(encoding="utf-8")


def names_in(text, type_name):
    """What name_of(type_name) can return, by its source."""
    body = re.search(rf"name_of\({type_name} [^{{]*\{{(.*?)\n\}}", text, re.DOTALL)
    assert body, f"name_of({type_name}) has another form now"
    return set(re.findall(r'return "(\w+)"', body[1])) - {"unknown"}


def assert_all_on(text, names, what):
    assert len(names) > 3, f"found too few {what}: {names}"
    missing = {name for name in names if f"`{name}`" not in text}
    assert not missing, f"{what} not on the page: {sorted(missing)}"


def test_the_page_on_the_log_has_every_field():
    fields = set(re.findall(r'kKey<"(\w+)">', source("src/telemetry/access_fields.h")))
    assert_all_on(page("log.md"), fields | {"time", "message", "session", "more", "repeated"}, "fields")


@pytest.mark.parametrize("file, type_name", [
    ("src/core/result.cpp", "ErrorCode"), ("src/core/result.cpp", "Side"), ("src/balance/choose.cpp", "Reason")])
def test_the_page_on_the_log_has_every_reason_and_end(file, type_name):
    assert_all_on(page("log.md"), names_in(source(file), type_name), type_name)


def test_the_page_on_the_log_has_every_refusal_of_a_login():
    rows = set(re.findall(r'\{Refusal::\w+,\s*"(\w+)"', source("src/winrm/refusal.cpp"))) - {"none"}
    assert_all_on(page("log.md"), rows, "refusals")


def test_the_page_on_monitoring_has_every_label_value():
    traffic = source("src/proxy/traffic.cpp")
    for type_name in ("Outcome", "Kind"):
        assert_all_on(page("monitoring.md"), names_in(traffic, type_name), type_name)
    classes = names_in(source("src/winrm/fault_class.cpp"), "FaultClass") if "name_of(FaultClass" in source("src/winrm/fault_class.cpp") \
        else names_in(source("src/winrm/fault.cpp"), "FaultClass")
    assert_all_on(page("monitoring.md"), classes, "classes of faults")


def warnings():
    """Every text that the checks of a configuration can warn with; of one put together, its longest literal."""
    for path in sorted((ROOT / "src" / "config").glob("*.cpp")):
        for call in re.findall(r"\bwarn\((.*?)\);", path.read_text(encoding="utf-8"), re.DOTALL):
            texts = re.findall(r'"((?:[^"\\]|\\.)*)"', re.sub(r'"\s*\n\s*"', "", call))
            if texts:
                yield max(texts, key=len)


def test_every_warning_is_explained():
    text = " ".join(page("warnings.md").split())
    found = list(warnings())
    assert len(found) > 12, found
    # A line of the page may say less than all of it, but begins like it.
    missing = [warning for warning in found if not any(
        part.strip() and len(part.strip()) > 20 and part.strip() in text for part in (warning, warning[:60], re.split(r"[:;]", warning)[0]))]
    assert not missing, f"not on the page: {missing}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_right(example, tmp_path):
    copy = tmp_path / example.name
    copy.write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    outcome = subprocess.run([find_balancer(), "check", str(copy)], capture_output=True, text=True,
                             env=balancer_environment(), timeout=60, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_the_example_lines_of_the_log_have_known_fields():
    known = set(re.findall(r'kKey<"(\w+)">', source("src/telemetry/access_fields.h"))) | {"time", "message", "session"}
    for block in re.findall(r"```json\n(.*?)```", page("log.md"), re.DOTALL):
        assert set(json.loads(block)) <= known


def test_links_between_the_pages_lead_somewhere():
    for folder in (PAGES, ROOT / "config" / "examples"):
        for path in folder.glob("*.md"):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
                assert (path.parent / target).exists(), f"{path.name} leads to {target}, which is not there"


def test_the_pages_name_commands_that_there_are():
    known = subprocess.run([find_balancer(), "--help"], capture_output=True, text=True, env=balancer_environment(),
                           timeout=60, check=False).stdout
    used = set()
    for path in [*PAGES.glob("*.md"), *pathlib.Path(ROOT / "config" / "examples").glob("*.md")]:
        # In code only, and at the beginning of a command: prose may say that winrm-lb does something.
        quoted = re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8"))
        lines = [line for block in re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL) for line in block.splitlines()]
        used |= {found[1] for text in [*quoted, *lines] if (found := re.match(r"winrm-lb ([a-z][a-z-]+)", text))}
    assert used
    missing = {word for word in used if not re.search(rf"^\s*{word}\b", known, re.MULTILINE)}
    assert not missing, f"the pages name commands that do not exist: {missing}"
