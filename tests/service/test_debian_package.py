"""The Debian package: made, found good by lintian, and installed, started, upgraded, removed and purged in a Debian of
its own; on this release, and built anew on the next."""

import pathlib
import re
import shutil
import subprocess

import pytest

from debian_root import DebianRoot, release_of_this_machine
from winrm_sim import ROOT

# Serves with the packaged configuration as the packaged user, and asks it what a client and a monitor ask.
TRY = r"""
set -eu
install -d -o winrm-lb -g winrm-lb -m 0750 /run/winrm-lb
setpriv --reuid=winrm-lb --regid=winrm-lb --clear-groups --no-new-privs --bounding-set=-all \
  /usr/sbin/winrm-lb run --config /etc/winrm-lb/winrm-lb.yaml --print-ports >/run/out 2>/run/err &
balancer=$!
for turn in $(seq 300); do
  if grep -q listeners /run/out; then break; fi
  kill -0 $balancer || { cat /run/out /run/err; exit 1; }
  sleep 0.1
done
ask() { # PORT REQUEST
  bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"; printf "$2" >&3; timeout 20 cat <&3' ask "$1" "$2"
}
ask 5984 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
ask 5985 'POST /wsman HTTP/1.1\r\nHost: farm\r\nAuthorization: Basic eDp5\r\nContent-Type: application/soap+xml\r\nContent-Length: 0\r\n\r\n'
winrm-lb status
kill $balancer
wait $balancer
"""


def packages_for_building(root_suite):
    listed = re.findall(r"(?m)^build\s+(\S+)", (ROOT / "src/cmake/packages.txt").read_text(encoding="utf-8"))
    return [name.replace("libboost1.81", "libboost1.83") if root_suite == "trixie" else name for name in listed if name != "ccache"]


def test_lintian_finds_no_error(package):
    if not shutil.which("lintian"):
        pytest.skip("SKIPPED, the package was not judged: not installed: lintian")
    done = subprocess.run(["lintian", "--allow-root", "--fail-on=error", "--tag-display-limit=0", str(package)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_is_kept_as_the_operators_own(package):
    conffiles = subprocess.run(["dpkg-deb", "-I", str(package), "conffiles"], capture_output=True, text=True, check=True).stdout
    assert conffiles.split() == ["/etc/winrm-lb/winrm-lb.yaml"]


def put(root, package):
    shutil.copy(package, root.path / "package.deb")
    return "./package.deb"


def serves(root):
    (root.path / "try.sh").write_text(TRY, encoding="ascii")
    answers = root.run("bash", "/try.sh", network=False).stdout
    assert "alive" in answers, "/livez"
    assert "503 Service Unavailable" in answers and "2150858772" in answers, "no server, said so that a client understands"
    assert "listeners" in answers or "plain" in answers, "the status"


def traces(root):
    """Whatever of the package, or of what it made, is still there."""
    found = root.run("find", "/", "-xdev", "-iname", "*winrm*", "-not", "-path", "/proc/*").stdout.split()
    for file in ("passwd", "group", "shadow", "gshadow"):
        found += [line for line in (root.path / "etc" / file).read_text(encoding="utf-8").splitlines() if "winrm" in line]
    return found


def lives_through_its_life(root, package, next_package):
    root.run("apt-get", "-q", "install", "-y", "--no-install-recommends", put(root, package))
    serves(root)
    configuration = root.path / "etc/winrm-lb/winrm-lb.yaml"
    configuration.write_text(configuration.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    root.run("apt-get", "-q", "install", "-y", "--no-install-recommends", put(root, next_package))
    assert configuration.read_text(encoding="utf-8").endswith("# mine\n"), "an upgrade keeps what the operator wrote"
    serves(root)
    root.run("apt-get", "-q", "remove", "-y", "winrm-lb")
    assert configuration.exists() and not (root.path / "usr/sbin/winrm-lb").exists()
    root.run("apt-get", "-q", "install", "-y", "--no-install-recommends", put(root, next_package))
    assert configuration.read_text(encoding="utf-8").endswith("# mine\n")
    root.run("apt-get", "-q", "purge", "-y", "winrm-lb")
    assert traces(root) == []


def test_on_this_release_it_is_installed_serves_is_upgraded_and_leaves_nothing(package, next_package):
    with DebianRoot(release_of_this_machine()) as root:
        lives_through_its_life(root, package, next_package)


def test_on_debian_13_it_builds_and_serves_as_well():
    packages = [*packages_for_building("trixie"), "dpkg-dev", "file"]
    with DebianRoot("trixie", packages) as root:
        root.share(ROOT, "/source")
        root.run("cmake", "-G", "Ninja", "-S", "/source", "-B", "/build", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DWINRMLB_TESTS=OFF", "-DWINRMLB_PERF=OFF")
        root.run("nice", "-n", "15", "cmake", "--build", "/build", "--target", "winrm-lb")
        for release in (1, 2):
            root.run("sh", "-c", f"cd /build && cpack -G DEB -B /packages/{release} -D CPACK_DEBIAN_PACKAGE_RELEASE={release}")
        first, following = (next((root.path / f"packages/{release}").glob("*.deb")) for release in (1, 2))
        lives_through_its_life(root, first, following)
