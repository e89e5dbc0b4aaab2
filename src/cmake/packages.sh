# shellcheck shell=bash disable=SC2154  # sourced; $top and $apt_log are the caller's
# Installs what is missing of src/cmake/packages.txt. Sourced by test.sh and demo.sh, which set $top.
#
# No question is asked, and no service of an installed package starts: a policy-rc.d that answers 101 stands while
# apt runs, and is gone again afterwards, whatever happened. One that was there before comes back.

policy=/usr/sbin/policy-rc.d
policy_mark='winrm-lb: for the time of one apt-get call'

# packages_of SECTION...: the names, each once.
packages_of() {
  local section
  for section in "$@"; do
    sed -n "s/^${section}[[:space:]]\{1,\}\([^[:space:]#]\{1,\}\).*/\1/p" "$top/src/cmake/packages.txt"
  done | awk '!seen[$0]++'
}

# missing_packages SECTION...: those of them that are not installed.
missing_packages() {
  local name
  for name in $(packages_of "$@"); do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "$0: installing packages needs root, and there is no sudo: run it as root, or with --no-install" >&2
    return 1
  fi
}

# A run that was killed may have left our policy behind; the one that it replaced then stands beside it.
forbid_service_starts() {
  if [ -e "$policy" ] && ! grep -qs "$policy_mark" "$policy"; then
    as_root mv -f "$policy" "$policy.before-winrm-lb" || return 1
  fi
  printf '#!/bin/sh\n# %s\nexit 101\n' "$policy_mark" | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
}

allow_service_starts() {
  if [ -e "$policy.before-winrm-lb" ]; then
    as_root mv -f "$policy.before-winrm-lb" "$policy"
  elif grep -qs "$policy_mark" "$policy"; then
    as_root rm -f "$policy"
  fi
}

# install_packages SECTION...: says what it will install, then does; nothing to say when nothing is missing.
install_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  printf 'Installing with apt, no service will be started:\n%s\n' "$(printf '%s' "$missing" | tr '\n' ' ' | fold -s -w 100 | sed 's/^/  /')"
  (
    trap allow_service_starts EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    forbid_service_starts || exit 1
    apt() {
      as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
    }
    apt update >/dev/null || echo "apt-get update failed; trying with the package lists that are here" >&2
    # shellcheck disable=SC2086  # one word per package
    apt install -y --no-install-recommends $missing >"$apt_log" 2>&1 || {
      tail -n 20 "$apt_log" >&2
      exit 1
    }
  ) || { echo "apt could not install them; the full output is in $apt_log" >&2; return 1; }
}

# The Python for which Debian's python3-* packages are installed, whatever else comes first in PATH.
debian_python=/usr/bin/python3
[ -x "$debian_python" ] || debian_python=python3
