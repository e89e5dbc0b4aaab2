"""The closing summary of test.sh: what passed, what failed, what was skipped and why.

Reads the JUnit files that one run left in a folder: PRESET.xml from ctest, and PRESET/NAME.xml for each ctest test
NAME that is a pytest session, whose cases then count one by one in its place.
"""

import argparse
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


class Case:
    def __init__(self, name, outcome, reason=""):
        self.name, self.outcome, self.reason = name, outcome, reason


def first_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else ""


def skip_reason(case):
    """GoogleTest and the scripts print it; ctest itself only knows that a pattern or an exit code matched."""
    output = case.findtext("system-out") or ""
    found = re.search(r": Skipped\n(.*)", output) or re.search(r"^(?:SKIP|SKIPPED)\b[:\s]*(.*)", output, re.M)
    if found and found.group(1).strip():
        return found.group(1).strip()
    message = case.find("skipped").get("message") if case.find("skipped") is not None else ""
    return message or "no reason given"


def ctest_cases(path):
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name, status = case.get("name"), case.get("status")
        if status == "run":
            yield Case(name, "passed")
        elif status == "fail":
            failure = case.find("failure")
            yield Case(name, "failed", failure.get("message", "") if failure is not None else "")
        elif case.find("skipped") is not None and "Unable to find" not in (case.find("skipped").get("message") or ""):
            yield Case(name, "skipped", skip_reason(case))
        else:  # disabled, or never started although it was asked for
            yield Case(name, "failed", "was not run")


def pytest_cases(path):
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f'{path.stem}: {case.get("name")}'
        broken = case.find("failure") if case.find("failure") is not None else case.find("error")
        skipped = case.find("skipped")
        if broken is not None:
            yield Case(name, "failed", first_line(broken.get("message") or ""))
        elif skipped is not None:
            yield Case(name, "skipped", first_line(skipped.get("message") or "no reason given"))
        else:
            yield Case(name, "passed")


def cases_of(preset_file):
    """A pytest file replaces its ctest test, unless the test failed and the file does not say so (it died)."""
    folder = preset_file.with_suffix("")
    for case in ctest_cases(preset_file):
        detail = folder / f"{case.name}.xml"
        inner = list(pytest_cases(detail)) if detail.exists() else []
        if inner and (case.outcome != "failed" or any(one.outcome == "failed" for one in inner)):
            yield from inner
        else:
            yield case


def collect(folder, failed_steps):
    presets = {path.stem: list(cases_of(path)) for path in sorted(folder.glob("*.xml"))}
    steps = [Case(step, "failed") for step in failed_steps]
    passed_steps = folder / "passed-steps"
    if passed_steps.exists():
        steps += [Case(line, "passed") for line in passed_steps.read_text().split()]
    if steps:
        presets["steps"] = steps
    return presets


def count(cases, outcome):
    return sum(case.outcome == outcome for case in cases)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--failed-step", action="append", default=[])
    arguments = parser.parse_args()

    presets = collect(arguments.folder, arguments.failed_step)
    everything = [case for cases in presets.values() for case in cases]
    for name, cases in presets.items():
        print(f'{name + ":":10} ' + ", ".join(f"{count(cases, o)} {o}" for o in ("passed", "failed", "skipped")))
    for outcome in ("skipped", "failed"):
        for name, cases in presets.items():
            for case in cases:
                if case.outcome == outcome:
                    print(f"{outcome}: {name}: {case.name}" + (f": {case.reason}" if case.reason else ""))
    print(f'{count(everything, "passed")} passed, {count(everything, "failed")} failed, '
          f'{count(everything, "skipped")} skipped')
    ran = count(everything, "passed") + count(everything, "failed")
    if ran == 0:
        print("no test was run", file=sys.stderr)
    return 0 if ran and not count(everything, "failed") else 1


if __name__ == "__main__":
    sys.exit(main())
