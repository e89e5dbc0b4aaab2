#!/usr/bin/env bash
# Builds winrm-lb and shows it at work on a small farm of simulated servers. See --help.
set -u -o pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
apt_log=$top/build/apt.log
# shellcheck source=src/cmake/packages.sh
. "$top/src/cmake/packages.sh"

usage() {
  cat <<'TEXT'
Usage: ./demo.sh [--once] [--port PORT] [--tls-port PORT] [--no-install] [--help]

Installs what is missing with apt, builds, and starts three simulated PowerShell proxy servers on 127.0.0.11 to
127.0.0.13 and the balancer on 127.0.0.1. Then pywinrm sends real work through it from several addresses, a server
is killed, and everything stays up until Ctrl-C. Certificates, configuration and logs: build/demo.

  --once           end after the run; the exit status tells whether all went as promised
  --port PORT      of plain HTTP, 5985 unless given
  --tls-port PORT  of HTTPS, 5986 unless given
  --no-install     install nothing
  --help           this text
TEXT
}

install=yes
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --once) arguments+=("$1") ;;
    --port|--tls-port) arguments+=("$1" "${2:?$1 needs a number}"); shift ;;
    --port=*|--tls-port=*) arguments+=("$1") ;;
    --no-install) install=no ;;
    --help|-h) usage; exit 0 ;;
    *) echo "demo.sh: unknown option: $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

mkdir -p "$top/build" || exit 1
if [ $install = yes ]; then
  install_packages build demo || exit 1
else
  missing=$(missing_packages build demo | tr '\n' ' ')
  [ -z "$missing" ] || printf 'Not installed, as asked: %s\n' "$missing"
fi

# The tests need more packages than the programs; whether they are configured too is left as it is found.
tests=()
[ -f "$top/build/release/CMakeCache.txt" ] || tests=(-DWINRMLB_TESTS=OFF)
echo "Building (the output is in build/demo-build.log) ..."
{
  cmake --preset release -S "$top" "${tests[@]}" &&
    cmake --build "$top/build/release" -j"$(nproc)" --target winrm-lb winrm-sim
} >"$top/build/demo-build.log" 2>&1 || {
  tail -n 40 "$top/build/demo-build.log" >&2
  echo "demo.sh: the build failed; the full output is in build/demo-build.log" >&2
  exit 1
}
exec "$debian_python" "$top/tests/support/demo.py" --programs "$top/build/release" --folder "$top/build/demo" "${arguments[@]}"
