"""What C++ files may not contain, and how they are laid out."""

import re

from floors import PURE
from rules import rule
from source import lines_matching

# Where `now` enters. Everything else is told the time.
CLOCK_HOMES = {"net", "app", "sim", "perf"}
OUTPUT_HOMES = {"app", "sim", "perf"}
THREAD_HOMES = {"app"}
LINES_AT_MOST = {"include": 400, "src": 400, "perf": 400, "tests": 600}


def each(file, pattern, message):
    return [(line, message.format(found.group().strip())) for line, found in lines_matching(pattern, file.code)]


@rule("clock",
      bad=[("src/proxy/x.cpp", "auto t = std::chrono::steady_clock::now();\n"), ("src/balance/x.cpp", "auto t = Clock::now();\n"),
           ("src/telemetry/x.cpp", "auto t = system_clock::now();\n"), ("src/http/x.cpp", "clock_gettime(CLOCK_REALTIME, &t);\n"),
           ("tests/balance/x_test.cpp", "auto t = Clock::now();\n")],
      good=[("src/net/x.cpp", "auto t = Clock::now();\n"), ("src/balance/x.cpp", "// Clock::now() is not for us\n"),
            ("tests/scenarios/x_test.cpp", "auto t = Clock::now();\n")])
def clock(file):
    """Pure code takes `now`; time moves in a test when the test moves it."""
    if not file.is_cpp or file.module in CLOCK_HOMES:
        return
    if file.is_test and file.module not in PURE:
        return
    yield from each(file, r"\b(\w*[cC]lock::now|clock_gettime|gettimeofday|time)\s*\((?=\s*\)|\s*(nullptr|NULL|0)\s*\)|CLOCK_|&)",
                    "the time is asked for here; take it as an argument")


@rule("numbers",
      bad=[("src/http/x.cpp", "long n = strtol(p, &e, 10);\n"), ("src/http/x.cpp", "int n = std::stoi(text);\n"),
           ("src/config/x.cpp", "sscanf(p, \"\", &n);\n"), ("src/sim/x.cpp", "int n = atoi(p);\n")],
      good=[("src/http/x.cpp", 'auto n = parse_unsigned(text); log("strtol(");\n')])
def numbers(file):
    """Integers from outside: digits only, overflow checked, no locale. (perf/ and the tests read what they wrote themselves.)"""
    if file.is_product:
        yield from each(file, r"\b(strto(l|ll|ul|ull|d|f|ld|imax|umax)|ato(i|l|ll|f)|v?f?scanf|sscanf|sto(i|l|ll|ul|ull|d|f|ld))\s*\(",
                        "{} reads signs, blanks and locales; use parse_unsigned (core/text.h)")


@rule("sleep",
      bad=[("src/proxy/x.cpp", "std::this_thread::sleep_for(1s);\n"), ("tests/proxy/x_test.cpp", "usleep(10);\n"),
           ("src/app/x.cpp", "::sleep(1);\n")],
      good=[("src/sim/x.cpp", 'if (name == "Start-Sleep") {}\n'), ("src/sim/x.cpp", "start_sleep(1);\n")])
def sleep(file):
    """Wait for the event, not for a while."""
    if file.is_cpp:
        yield from each(file, r"\bsleep_(for|until)\b|(?<![\w.>])(u|nano)?sleep\s*\(", "no sleeping: {}")


@rule("random",
      bad=[("src/balance/x.cpp", "int n = rand();\n"), ("src/net/x.cpp", "srand(1);\n")],
      good=[("src/balance/x.cpp", "operand(1);\n")])
def random(file):
    """rand() is one lock and one weak sequence for the whole process."""
    if file.is_cpp:
        yield from each(file, r"\bs?rand\s*\(", "no {})")


@rule("output",
      bad=[("src/proxy/x.cpp", 'std::printf("");\n'), ("src/net/x.cpp", "std::cerr << 1;\n"), ("src/net/x.cpp", "#include <iostream>\n"),
           ("src/app/x.cpp", 'sprintf(p, "");\n')],
      good=[("src/app/x.cpp", 'std::printf("");\n'), ("src/net/x.cpp", 'std::snprintf(p, n, "");\n'),
            ("src/core/check.cpp", "std::fprintf(stderr, p);\n")])
def output(file):
    """Standard output belongs to the programs; everything else returns values or logs."""
    if not file.is_product:
        return
    yield from each(file, r"\bv?sprintf\s*\(", "{}) knows no bounds")
    if file.module in OUTPUT_HOMES or file.path == "src/core/check.cpp":
        return
    yield from each(file, r"(?<!\w)(v?f?printf|f?puts|putchar)\s*\(|std::(cout|cerr|clog)\b|#include <iostream>", "no {} here")


@rule("result-has-no-value",
      bad=[("include/winrmlb/core/result.h", "  T& value() { return x; }\n")],
      good=[("include/winrmlb/core/result.h", "  T& operator*() { return x; }\n"), ("include/winrmlb/core/ids.h", "T value() const;\n")])
def result_has_no_value(file):
    """Test a Result, then use it: there is no .value() that would throw, so nobody can call it."""
    if file.path == "include/winrmlb/core/result.h":
        yield from each(file, r"\bvalue(_or)?\s*\(", "Result gets no value()")


@rule("optional-value",
      bad=[("src/http/x.cpp", "auto n = parse_unsigned(text).value();\n")],
      good=[("src/http/x.cpp", "auto n = server_id.value();\n"), ("src/http/x.cpp", "auto n = parse_unsigned(text).value_or(0);\n")])
def optional_value(file):
    """The same for an optional that a function gives: test it, since .value() throws into a request."""
    if file.is_product:
        yield from each(file, r"\b(parse\w*|find\w*|nearest)\([^()\n]*\)\.value\(\)", "test it, then use it: {}")


@rule("threads",
      bad=[("src/net/x.cpp", "std::thread t(run);\n"), ("src/proxy/x.cpp", "std::jthread t;\n"), ("src/health/x.cpp", "auto f = std::async(g);\n")],
      good=[("src/app/x.cpp", "std::thread t(run);\n"), ("src/net/x.cpp", "std::this_thread::get_id();\n"),
            ("tests/balance/x_test.cpp", "std::thread t(run);\n")])
def threads(file):
    """app is the only module that knows threads."""
    if file.is_product and file.module not in THREAD_HOMES:
        yield from each(file, r"\bstd::(j?thread|async)\b|\bpthread_create\b", "{} outside app")


@rule("using-namespace",
      bad=[("src/net/x.cpp", "using namespace std;\n"), ("include/winrmlb/net/x.h", "using namespace boost::asio;\n"),
           ("include/winrmlb/net/x.h", "using namespace std::chrono_literals;\n")],
      good=[("src/net/x.cpp", "using namespace std::chrono_literals;\n"), ("src/net/x.cpp", "namespace asio = boost::asio;\n")])
def using_namespace(file):
    """Names say where they come from."""
    if file.is_header:
        yield from each(file, r"\busing namespace\b", "a header opens no namespace for others")
    elif file.is_cpp:
        yield from each(file, r"\busing namespace std;", "{}")


@rule("ownership",
      bad=[("src/proxy/x.cpp", "class Session : std::enable_shared_from_this<Session> {};\n"), ("src/proxy/x.cpp", "auto self = shared_from_this();\n")])
def ownership(file):
    """A session lives in its coroutine; scope is ownership."""
    if file.is_product:
        yield from each(file, r"\b(enable_)?shared_from_this\b", "no {}")


@rule("enum-switch",
      bad=[("src/net/x.cpp", "switch (mode) {\n  case Mode::A: return 1;\n  default: return 2;\n}\n"),
           ("src/net/x.cpp", "switch (mode) {\n  case Mode::A: {\n    f();\n  } break;\n  default: break;\n}\n")],
      good=[("src/net/x.cpp", "switch (c) {\n  case 'a': return 1;\n  default: return 2;\n}\n"),
            ("src/net/x.cpp", "switch (mode) {\n  case Mode::A:\n    switch (c) {\n      case 1: return;\n      default: return;\n    }\n}\n")])
def enum_switch(file):
    """A switch over a closed choice has no default, so that the compiler names the places a new value needs."""
    if not file.is_cpp:
        return
    for line, found in lines_matching(r"\bswitch\s*\(", file.code):
        own = own_level(file.code, found.end())
        if re.search(r"\bcase\s+(\w+::)*[A-Z]\w*::[A-Z]\w*\s*:", own) and re.search(r"\bdefault\s*:", own):
            yield line, "a switch over an enum class has no default"


def own_level(code, at):
    """The body of the switch whose condition starts at `at`, without what stands in nested braces."""
    depth, own = 0, []
    for c in code[code.find("{", at):]:
        depth += {"{": 1, "}": -1}.get(c, 0)
        if depth == 0:
            break
        if depth == 1:
            own.append(c)
    return "".join(own)


@rule("coroutine-temporaries",
      bad=[("src/sim/x.cpp", "reply = full ? fault() : co_await handled(request);\n"),
           ("src/sim/x.cpp", "auto r = co_await handle(request, {user, address});\n"),
           ("tests/net/x_test.cpp", "co_await execute(\n    body, {}, {});\n")],
      good=[("src/sim/x.cpp", "if (full) co_return fault();\nreply = co_await handled(std::move(request));\n"),
            ("src/sim/x.cpp", "const bool good = x ? y : z;\nco_await send();\nf({1});\n")])
def coroutine_temporaries(file):
    """g++ 12 destroys some temporaries of a co_await expression twice: those of a conditional, and braced arguments."""
    if not file.is_cpp:
        return
    yield from each(file, r"\?[^;{}?]*:\s*co_await\b|\?\s*co_await\b", "g++ 12 destroys this twice: write an if")
    yield from each(file, r"\bco_await\b[^;{}]*[(,]\s*\{", "g++ 12 destroys this twice: give the argument a name")


@rule("file-length",
      bad=[("src/http/x.cpp", "int x;\n" * 401), ("tests/http/x_test.cpp", "int x;\n" * 601)],
      good=[("src/http/x.cpp", "int x;\n" * 400)])
def file_length(file):
    """Around 300 lines is plenty for a file; far beyond it there is a seam."""
    most = LINES_AT_MOST.get(file.parts[0])
    count = file.text.count("\n")
    if file.is_cpp and most and count > most:
        yield count, f"{count} lines, at most {most}: where is the seam?"


@rule("header-opening",
      bad=[("include/winrmlb/net/x.h", "#pragma once\n"), ("include/winrmlb/net/x.h", "// What it is.\n#include <span>\n"),
           ("src/net/x.h", "#ifndef X\n#define X\n#endif\n")],
      good=[("include/winrmlb/net/x.h", "// What it is, who owns it.\n#pragma once\n")])
def header_opening(file):
    """Each header opens with what it is, who owns it and which thread; then `#pragma once`."""
    if file.is_header:
        if not file.text.startswith("// "):
            yield 1, "a header opens with a comment: what it is, who owns it, which thread, which spec"
        if not re.search(r"^#pragma once$", file.text, re.M):
            yield 1, "#pragma once is missing"
