"""Files of the tree as the style rules see them: C++ apart into code and comments, and the module a path lies in."""

import functools
import pathlib
import re

CPP = {".cpp", ".h"}
# What a build or a tool leaves behind, or somebody else wrote.
PASSED_OVER = {".git", "build", ".cache", "__pycache__", ".pytest_cache", "LICENSE"}


class File:
    """One text file. `path` is relative to the top of the tree, with slashes."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.parts = path.split("/")
        self.suffix = pathlib.PurePosixPath(path).suffix
        self.is_cpp = self.suffix in CPP
        self.is_header = self.suffix == ".h"

    @functools.cached_property
    def module(self):
        """`http` for include/winrmlb/http/x.h, src/http/x.cpp and tests/http/x_test.cpp; `perf` for perf/x.cpp."""
        if self.path.startswith("include/winrmlb/") and len(self.parts) > 3:
            return self.parts[2]
        if self.parts[0] in ("src", "tests") and len(self.parts) > 2:
            return self.parts[1]
        return self.parts[0] if len(self.parts) > 1 else ""

    @functools.cached_property
    def is_test(self):
        return self.parts[0] == "tests"

    @functools.cached_property
    def is_product(self):
        """What is shipped or stands for the real thing: not tests, not measuring."""
        return self.parts[0] in ("include", "src")

    @functools.cached_property
    def apart(self):
        return split(self.text)

    @property
    def code(self):
        """The text with comments and the insides of literals blanked; same lines, same columns."""
        return self.apart[0]

    @property
    def comments(self):
        return self.apart[1]

    def includes(self):
        """(line, name) of each include; the names of <...> and "..." alike."""
        return [(line, found.group(1)) for line, text in enumerate(self.text.splitlines(), 1)
                if (found := re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', text))]


def lines_matching(pattern, text):
    """(line, match) for each place where the pattern is found."""
    return [(text.count("\n", 0, found.start()) + 1, found) for found in re.finditer(pattern, text)]


TOKEN = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"'
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?<![0-9A-Za-z_])(?P<char>'(?:[^'\\\n]|\\.)*')",
    re.S)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def split(text):
    code, comments, at = [], [], 0
    for found in TOKEN.finditer(text):
        between = text[at:found.start()]
        code.append(between)
        comments.append(blank(between))
        token = found.group()
        is_comment = found.group("comment") is not None
        # The quotes stay, so that the code still reads as having an argument there.
        code.append(blank(token) if is_comment else token[0] + blank(token[1:-1]) + token[-1])
        comments.append(token if is_comment else blank(token))
        at = found.end()
    code.append(text[at:])
    comments.append(blank(text[at:]))
    return "".join(code), "".join(comments)


def read_tree(top):
    files = []
    for path in sorted(top.rglob("*")):
        relative = path.relative_to(top)
        if PASSED_OVER.intersection(relative.parts) or not path.is_file():
            continue
        try:
            files.append(File(relative.as_posix(), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # a fuzz seed or a certificate in binary
    return files
