"""Who may know whom: the floors of the modules, and the one home of each third-party library."""

import re

from rules import rule
from source import lines_matching

# Top to bottom. A module includes from lower floors only; modules of one floor do not know each other.
FLOORS = (
    {"app"},
    {"admin"},
    {"proxy", "outbound"},
    {"health", "state"},
    {"net", "balance"},
    {"winrm"},
    {"config", "telemetry", "http"},
    {"core"},
)
FLOOR_OF = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}
PURE = {"core", "config", "http", "winrm", "balance"}

# Include prefix -> the modules that may have it. The longest prefix that fits decides.
HOMES = {
    "yaml-cpp/": {"config"},
    "spdlog/": {"telemetry"},
    "fmt/": {"telemetry"},
    "prometheus/": {"admin"},
    "openssl/": {"net", "sim", "perf"},
    "boost/": set(),  # what is not named below has no home yet
    "boost/asio": {"net", "proxy", "admin", "app", "health", "sim", "perf", "cmake"},
    "boost/asio/ssl": {"net", "sim", "perf", "cmake"},  # net: for admin only; sessions have its own, lighter TLS stream
    "boost/beast": {"admin", "health", "sim", "cmake"},
    "boost/json": {"admin", "app", "config", "sim", "cmake"},
    "gssapi/": {"net", "sim"},
    "krb5": {"net", "sim"},
    "ares": {"net"},
    "pugixml": {"sim"},
    "CLI/": {"app", "sim", "perf"},
    "systemd/": {"app"},
    "gtest/": set(),
    "gmock/": set(),
    "benchmark/": {"perf"},
}
# Tests may hold an oracle or a driver that the product does not have.
HOMES_IN_TESTS = ("boost/", "gtest/", "gmock/", "pugixml", "benchmark/", "openssl/")

SOCKETS = re.compile(r"sys/(socket|epoll|un|eventfd)\.h|netinet/.*|netdb\.h|poll\.h")
THREADS = re.compile(r"thread|future|condition_variable|semaphore|latch|barrier|stop_token|pthread\.h")


def module_of_include(name):
    parts = name.split("/")
    return parts[1] if parts[0] == "winrmlb" and len(parts) > 2 else None


def may_include(user, used):
    """Whether code of module `user` may include a header of module `used`."""
    if user == used or used == "core":
        return True
    if user == "sim" or user == "perf":
        return False
    if user not in FLOOR_OF:  # scenarios, clients, fuzz, support: tests of the whole
        return True
    return used in FLOOR_OF and FLOOR_OF[used] > FLOOR_OF[user]


@rule("floors",
      bad=[("src/http/x.cpp", '#include "winrmlb/net/stream.h"\n'),
           ("src/http/x.cpp", '#include "winrmlb/telemetry/log.h"\n'),
           ("include/winrmlb/balance/x.h", '#include "winrmlb/net/stream.h"\n'),
           ("src/sim/x.cpp", '#include "winrmlb/http/head.h"\n'),
           ("src/proxy/x.cpp", '#include "winrmlb/sim/shell.h"\n'),
           ("tests/http/x_test.cpp", '#include "winrmlb/proxy/session.h"\n')],
      good=[("src/proxy/x.cpp", '#include "winrmlb/balance/choose.h"\n'),
            ("src/http/x.cpp", '#include "winrmlb/http/head.h"\n#include "winrmlb/core/text.h"\n'),
            ("tests/scenarios/x_test.cpp", '#include "winrmlb/app/run.h"\n')])
def floors(file):
    """Includes point down only, and modules of one floor do not know each other."""
    for line, name in file.includes() if file.is_cpp else ():
        used = module_of_include(name)
        if used and not may_include(file.module, used):
            yield line, f"{file.module} must not know {used}"


@rule("floors-in-cmake",
      bad=[("CMakeLists.txt", "winrmlb_module(http USES core net)\n"),
           ("CMakeLists.txt", "winrmlb_program(winrm-sim MODULE sim USES core http LIBRARIES x)\n")],
      good=[("CMakeLists.txt", "winrmlb_module(proxy USES health net LIBRARIES OpenSSL::SSL)\n")])
def floors_in_cmake(file):
    """What the build links follows the same floors."""
    if file.path != "CMakeLists.txt":
        return
    pattern = r"winrmlb_(?:module\((\w+)|program\([\w-]+\s+MODULE (\w+))\s+USES ([\w\s]+?)\s*(?:LIBRARIES|\))"
    for line, found in lines_matching(pattern, file.text):
        user = found.group(1) or found.group(2)
        for used in found.group(3).split():
            if not may_include(user, used):
                yield line, f"{user} must not link {used}"


@rule("load-in-app",
      bad=[("src/admin/x.cpp", '#include "winrmlb/config/load.h"\n')],
      good=[("src/app/x.cpp", '#include "winrmlb/config/load.h"\n'), ("src/admin/x.cpp", '#include "winrmlb/config/settings.h"\n')])
def load_in_app(file):
    """Everyone may know the settings; only app loads them."""
    for line, name in file.includes() if file.is_product else ():
        if name == "winrmlb/config/load.h" and file.module not in ("app", "config"):
            yield line, "only app includes config/load.h; others are handed the settings"


@rule("homes",
      bad=[("src/app/x.cpp", "#include <yaml-cpp/yaml.h>\n"),
           ("src/proxy/x.cpp", "#include <spdlog/spdlog.h>\n"),
           ("src/app/x.cpp", "#include <prometheus/counter.h>\n"),
           ("src/proxy/x.cpp", "#include <openssl/ssl.h>\n"),
           ("src/balance/x.cpp", "#include <boost/asio/post.hpp>\n"),
           ("src/proxy/x.cpp", "#include <boost/asio/ssl.hpp>\n"),
           ("src/proxy/x.cpp", "#include <boost/algorithm/string.hpp>\n"),
           ("src/winrm/x.cpp", "#include <pugixml.hpp>\n"),
           ("src/proxy/x.cpp", "#include <gssapi/gssapi.h>\n"),
           ("src/http/x.cpp", "#include <gtest/gtest.h>\n"),
           ("src/config/x.cpp", "#include <CLI/CLI.hpp>\n")],
      good=[("src/config/x.cpp", "#include <yaml-cpp/yaml.h>\n"), ("tests/http/x_test.cpp", "#include <boost/beast/http.hpp>\n"),
            ("src/net/x.cpp", "#include <boost/asio/io_context.hpp>\n"), ("src/sim/x.cpp", "#include <gssapi/gssapi.h>\n")])
def homes(file):
    """A third-party library has one home, so that replacing it touches one module."""
    for line, name in file.includes() if file.is_cpp else ():
        home = max((prefix for prefix in HOMES if name.startswith(prefix)), key=len, default=None)
        if home is None or file.module in HOMES[home]:
            continue
        if not (file.is_test and name.startswith(HOMES_IN_TESTS)):
            allowed = ", ".join(sorted(HOMES[home])) or "tests"
            yield line, f"<{name}> does not belong into {file.module} (only: {allowed})"


@rule("pure-modules",
      bad=[("src/http/x.cpp", "#include <sys/socket.h>\n"), ("src/balance/x.cpp", "#include <thread>\n"),
           ("include/winrmlb/winrm/x.h", "#include <mutex>\n"), ("src/config/x.cpp", "#include <netinet/in.h>\n")],
      good=[("src/balance/x.cpp", "#include <mutex>\n"), ("src/net/x.cpp", "#include <sys/socket.h>\n"),
            ("tests/balance/x_test.cpp", "#include <thread>\n")])
def pure_modules(file):
    """core, config, http, winrm and balance are pure: no sockets, no threads; the only locks are in balance's tables."""
    if not (file.is_product and file.module in PURE):
        return
    for line, name in file.includes():
        if SOCKETS.fullmatch(name) or THREADS.fullmatch(name):
            yield line, f"{file.module} is pure: no <{name}>"
        if name in ("mutex", "shared_mutex") and file.module != "balance":
            yield line, f"{file.module} is pure: no <{name}>"
