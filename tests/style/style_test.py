"""Guards the hand the project is written in: floors, homes of libraries, banned calls, words, growth, format.

Usage: style_test.py (tree | rules | format) TOP
  tree    every rule over every file of the tree
  rules   every rule catches the snippets written beside it, and no more
  format  the C++ files are as clang-format 14 writes them
"""

import pathlib
import shutil
import subprocess
import sys

import calls  # noqa: F401  the three modules register their rules
import floors  # noqa: F401
import words  # noqa: F401
from exceptions import EXCEPTIONS
from rules import RULES
from source import File, read_tree

SKIPPED = 77


def check_tree(top):
    mistakes, used = [], set()
    for file in read_tree(top):
        for one in RULES:
            for line, what in one.check(file):
                if (one.name, file.path) in EXCEPTIONS:
                    used.add((one.name, file.path))
                else:
                    mistakes.append(f"{file.path}:{line}: {one.name}: {what}")
    mistakes += [f"{path}: {name}: an exception that nothing needs any more" for name, path in set(EXCEPTIONS) - used]
    return mistakes


def check_rules(_top):
    mistakes = []
    for one in RULES:
        if not one.bad or not one.why:
            mistakes.append(f"{one.name}: has no violating snippet, or does not say why it is there")
        for path, text in one.bad:
            if not list(one.check(File(path, text))):
                mistakes.append(f"{one.name}: does not flag {path}: {text[:60]!r}")
        for path, text in one.good:
            for line, what in one.check(File(path, text)):
                mistakes.append(f"{one.name}: flags {path}:{line}: {text[:60]!r}: {what}")
    return mistakes


def check_format(top):
    tool = shutil.which("clang-format-14")
    if not tool:
        print("SKIPPED: clang-format-14 is not installed")
        sys.exit(SKIPPED)
    files = [file.path for file in read_tree(top) if file.is_cpp]
    outcome = subprocess.run([tool, "--dry-run", "--Werror", *files], cwd=top, capture_output=True, text=True, check=False)
    changed = sorted({line.split(":")[0] for line in outcome.stderr.splitlines() if ": error: " in line})
    if outcome.returncode and not changed:
        return [outcome.stderr]
    return [f"{path}: not formatted; clang-format-14 -i {path}" for path in changed]


def main():
    checks = {"tree": check_tree, "rules": check_rules, "format": check_format}
    if len(sys.argv) != 3 or sys.argv[1] not in checks:
        sys.exit(__doc__)
    mistakes = checks[sys.argv[1]](pathlib.Path(sys.argv[2]).resolve())
    for mistake in mistakes:
        print(mistake)
    print(f"{len(RULES)} rules, {len(mistakes)} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
