"""Names and words: of tests, of things, and of what has no place in the tree."""

import re

from rules import rule
from source import lines_matching

# Calls and members of libraries that carry a word we do not use for things of our own.
FOREIGN = re.compile(r"getpeername|SO_PEERCRED|PEERCRED|\w*(SSL|X509|ssl|verify)_\w*|\w*_PEER\w*")


def name_mistake(name):
    """What is wrong with the name of a test case; nothing if it reads as a sentence."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
        return "is not PascalCase"
    if len(re.findall(r"[A-Z][a-z]|[A-Z](?=[A-Z][a-z])|\d+", name)) < 2:
        return "is one word; say what holds"
    if re.search(r"(Test|Works|Ok)\d*$", name):
        return "does not say what holds"
    return None


@rule("test-names",
      bad=[("tests/http/x_test.cpp", "TEST(Body, Overflow) {}\n"), ("tests/http/x_test.cpp", "TEST(Body, size_is_checked) {}\n"),
           ("tests/http/x_test.cpp", "TEST_F(body, SizeIsChecked) {}\n"), ("tests/http/x_test.cpp", "TEST(Body, ParserWorks) {}\n"),
           ("tests/clients/test_x.py", "def test_basic():\n    pass\n")],
      good=[("tests/http/x_test.cpp", "TEST(Body, ChunkSizeOverflowIsRejected) {}\nTEST_P(Ids, AreNeverGivenTwice) {}\n"),
            ("tests/clients/test_x.py", "def test_basic_reaches_the_server():\n    pass\n")])
def test_names(file):
    """A test is named as a sentence: what holds when it passes."""
    if not file.is_test:
        return
    if file.is_cpp:
        for line, found in lines_matching(r"\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", file.code):
            if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", found.group(1)):
                yield line, f"suite {found.group(1)} is not PascalCase"
            mistake = name_mistake(found.group(2))
            if mistake:
                yield line, f"test {found.group(1)}.{found.group(2)} {mistake}"
    if file.suffix == ".py" and not file.path.startswith("tests/style/"):
        for line, found in lines_matching(r"(?m)^ *(?:async )?def test_(\w+)\(", file.text):
            if found.group(1).count("_") < 2:
                yield line, f"test_{found.group(1)} is no sentence; say what holds"


@rule("vocabulary",
      bad=[("src/proxy/x.cpp", "Server& upstream = pick();\n"), ("src/proxy/x.cpp", "int backend_count;\n"),
           ("include/winrmlb/net/x.h", "class UpstreamPool;\n"), ("src/net/x.cpp", "auto peer = accept();\n"),
           ("src/net/x.cpp", "// Wait for the upstream to answer.\n"), ("README.md", "Balances over its backends.\n")],
      good=[("src/net/x.cpp", "getpeername(fd, a, n);\nSSL_get1_peer_certificate(ssl);\n"),
            ("src/http/x.cpp", "// origin-form (RFC 9112 3.2.1)\n"), ("perf/haproxy.py", 'text = "backend farm"\n')])
def vocabulary(file):
    """The two ends are client and server, the corporate proxy is a parent; no other words for them."""
    if file.path.startswith("tests/style/"):
        return
    if file.is_cpp or file.suffix in (".md", ".yaml", ".txt"):
        for line, found in lines_matching(r"(?i)\w*(upstream|backend)\w*", file.text):
            yield line, f"`{found.group()}`: say server (or parent)"
    if file.is_cpp:
        for line, found in lines_matching(r"\b\w+\b", file.code):
            words = re.findall(r"[a-z]+|[A-Z][a-z]*", found.group())
            if not FOREIGN.fullmatch(found.group()) and {"peer", "Peer", "origin", "Origin"}.intersection(words):
                yield line, f"`{found.group()}`: say client or server"


@rule("leftovers",
      bad=[("src/net/x.cpp", "// TO" + "DO: later\n"), ("src/net/x.cpp", "// FIX" + "ME(me): later\n"),
           ("README.md", "See /wor" + "k/main.\n"), ("tests/net/x_test.cpp", 'open("/tm' + 'p/x");\n'),
           ("README.md", "deb http://deb.deb" + "ian.org/debian\n"), ("src/net/x.cpp", "// as in iss" + "ue 2\n")],
      good=[("src/net/x.cpp", "// TO" + "DO(anna): wrap at 2^64 bytes, bites after a month of one body\n"),
            ("README.md", "See https://example.org/work.\n")])
def leftovers(file):
    """No unfinished marks, no paths of one machine, no registries, no papers that the reader does not have."""
    if file.path.startswith("tests/style/"):
        return
    for pattern, message in (
            (r"\bTODO\b(?!\([a-z]\w*\): \S)|\b(FIXME|XXX|HACK)\b", "an unfinished mark: {}"),
            (r"(?<![\w.}])/(?:work|farm|root|home)/\S*", "a path of one machine: {}"),
            (r"(?i)\b(?:deb\.debian|security\.debian|archive\.ubuntu|registry\.npmjs|pypi|proxy\.golang)\.(?:org|com)\b",
             "a registry's host: {}"),
            (r"\bissue #?\d+\b|\bP§|\b(?:design|outbound|winrm-protocol)\.md\b", "a paper that is not in the tree: {}")):
        for line, found in lines_matching(pattern, file.text):
            yield line, message.format(found.group())
    if file.suffix in (".cpp", ".h", ".py"):
        for line, _ in lines_matching(r"[\"']/tmp/", file.text):
            yield line, "a fixed place in /tmp is shared by everybody on the machine; make a folder of your own"


@rule("white-space",
      bad=[("README.md", "a \n"), ("test.sh", "\techo\n"), ("CHANGELOG.md", "no end")],
      good=[("README.md", "a\n"), ("README.md", "")])
def white_space(file):
    """No tabs, no blanks at a line's end, and a last line that ends."""
    if file.suffix not in (".md", ".sh", ".py", ".cpp", ".h", ".cmake", ".yaml", ".txt", ".json"):
        return
    for line, text in enumerate(file.text.splitlines(), 1):
        if text != text.rstrip():
            yield line, "blanks at the end of the line"
        if "\t" in text:
            yield line, "a tab"
    if file.text and not file.text.endswith("\n"):
        yield file.text.count("\n") + 1, "the last line does not end"
