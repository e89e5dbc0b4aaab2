#!/usr/bin/env bash
# Builds winrm-lb and runs every test. See --help.
set -u -o pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build_root=$top/build
apt_log=$build_root/apt.log
# shellcheck source=src/cmake/packages.sh
. "$top/src/cmake/packages.sh"

usage() {
  cat <<'TEXT'
Usage: ./test.sh [--full] [--module NAME] [--no-install] [--help]

Installs what is missing with apt, builds the release preset and runs every test with ctest; then builds what reads
the wire or keeps state with the address and undefined-behaviour sanitizers and runs its tests again. The last line
says how many passed, failed and were skipped; the exit status is zero only if something ran and nothing failed.

  --full         also: everything under the address, undefined-behaviour and thread sanitizers, the clang build,
                 every fuzz target for a minute, soaks at full counts and the tests labelled `long` (up to 80 minutes)
  --module NAME  build and run one module's tests only, release preset, e.g. http, balance, scenarios, clients, style
  --no-install   install nothing; tests whose packages are missing are skipped, and listed
  --help         this text

WINRMLB_SOAK is what each soak runs of its full count, in per cent: 2 unless set, 100 with --full.
WINRMLB_FUZZ_SECONDS is how long --full runs each fuzz target: 60 unless set.
TEXT
}

full=no install=yes module=
while [ $# -gt 0 ]; do
  case $1 in
    --full) full=yes ;;
    --no-install) install=no ;;
    --module) module=${2:?--module needs a name}; shift ;;
    --module=*) module=${1#*=} ;;
    --help|-h) usage; exit 0 ;;
    *) echo "test.sh: unknown option: $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

modules="$(cd "$top/tests" && printf '%s\n' */ | grep -v support | tr -d / | xargs) perf"
if [ -n "$module" ] && [[ " $modules " != *" $module "* ]]; then
  echo "test.sh: there is no module $module; there are: $modules" >&2
  exit 2
fi

sections="build test"
[ $full = yes ] && sections="$sections full"
default_soak=2
[ $full = yes ] && default_soak=100
fuzz_seconds=${WINRMLB_FUZZ_SECONDS:-60}
export WINRMLB_SOAK=${WINRMLB_SOAK:-$default_soak}

mkdir -p "$build_root" || exit 1
results=$build_root/results
rm -rf "$results"
mkdir -p "$results"
failed_steps=()
started=$SECONDS

say() { printf '\n== %s (%s s)\n' "$1" $((SECONDS - started)); }

# What did not even come to a test: counted as a failure by the summary.
step_failed() {
  failed_steps+=(--failed-step "$1")
  printf '\n== FAILED: %s\n' "$1" >&2
}

configure() {
  cmake --preset "$1" -S "$top" -DWINRMLB_TESTS=ON >"$results/$1.configure.log" 2>&1 && return
  cat "$results/$1.configure.log" >&2
  step_failed "cmake --preset $1"
  return 1
}

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  say "building: $preset"
  cmake --build "$build_root/$preset" -j"$(nproc)" -- -k 0 "$@" && return
  step_failed "build of preset $preset"
  return 1
}

configure_and_build() { configure "$1" && build "$1"; }

# run_tests PRESET LABELS [ctest options...]: all but the tests with one of the LABELS ("a|b"). One JUnit file per
# preset; tests written for pytest add files of their own below $WINRMLB_JUNIT, so that each of their cases is counted.
run_tests() {
  local preset=$1 left_out=$2
  shift 2
  [ $full = yes ] || left_out="long${left_out:+|$left_out}"
  [ -z "$left_out" ] || set -- -LE "^($left_out)\$" "$@"
  say "testing: $preset"
  mkdir -p "$results/$preset"
  WINRMLB_JUNIT=$results/$preset ctest --test-dir "$build_root/$preset" --output-on-failure --no-tests=error \
    -j"$(nproc)" --output-junit "$results/$preset.xml" "$@" | sed -E '/ Passed +[0-9.]+ sec$|^ +Start +[0-9]+: /d'
  # A failing test is in the JUnit file; a ctest that could not run left none.
  [ -s "$results/$preset.xml" ] || step_failed "ctest of preset $preset: no test was run"
}

fuzz_each() {
  local target name
  configure_and_build fuzz || return
  for target in "$build_root"/fuzz/tests/fuzz/*_fuzz; do
    [ -x "$target" ] || { step_failed "fuzzing: no target was built"; return; }
    name=$(basename "$target")
    say "fuzzing: $name for $fuzz_seconds s"
    mkdir -p "$build_root/fuzz/corpus/$name"
    options=("-max_total_time=$fuzz_seconds" -timeout=10 -print_final_stats=1)
    [ -f "$top/tests/fuzz/${name%_fuzz}.dict" ] && options+=("-dict=$top/tests/fuzz/${name%_fuzz}.dict")
    seeds=()
    [ -d "$top/tests/fuzz/seeds/${name%_fuzz}" ] && seeds=("$top/tests/fuzz/seeds/${name%_fuzz}")
    if (cd "$results" && "$target" "${options[@]}" "$build_root/fuzz/corpus/$name" "${seeds[@]}" >"$name.log" 2>&1); then
      printf '%s\n' "$name" >>"$results/passed-steps"
    else
      tail -n 40 "$results/$name.log" >&2
      step_failed "fuzzing of $name"
    fi
  done
}

# ---- what is here -------------------------------------------------------------------------------------------

if [ $install = yes ]; then
  # shellcheck disable=SC2086  # one word per section
  install_packages $sections || exit 1
else
  # shellcheck disable=SC2086
  missing=$(missing_packages $sections | tr '\n' ' ')
  [ -z "$missing" ] || printf 'NOT INSTALLED, as asked; what needs them is skipped, or does not build: %s\n' "$missing"
fi
for tool in cmake ninja "$debian_python"; do
  command -v "$tool" >/dev/null || { echo "test.sh: $tool is missing; without it nothing can be tested" >&2; exit 1; }
done

# ---- build and run ------------------------------------------------------------------------------------------

# What the short form runs under the sanitizers: modules whose tests are one program each, so that neither the
# simulated server nor the clients need building twice.
sanitized="core http winrm config telemetry balance net health state proxy admin app scenarios"

sanitize_some() {
  local targets
  configure asan || return
  # shellcheck disable=SC2086  # one word per module
  targets=$(printf '%s_test ' $sanitized)
  # shellcheck disable=SC2086
  build asan $targets && run_tests asan "" -L "^(${sanitized// /|})\$"
}

if [ -n "$module" ]; then
  configure release || exit 1
  case $module in
    style) ;;  # reads the sources only
    *) # GoogleTest cases are one target; tests in Python need the programs.
      targets=()
      if ! compgen -G "$top/tests/$module/*.py" >/dev/null && cmake --build "$build_root/release" --target help | grep -q "^${module}_test: "; then targets=("${module}_test"); fi
      build release "${targets[@]}" ;;
  esac && run_tests release "" -L "^$module\$"
else
  configure_and_build release && run_tests release ""
  if [ $full = no ]; then
    sanitize_some
  else
    for preset in asan tsan clang; do configure_and_build "$preset" && run_tests "$preset" style; done
    fuzz_each
  fi
fi

printf '\n== summary (%s s; full output of each test: build/results)\n' $((SECONDS - started))
exec "$debian_python" "$top/tests/support/summary.py" "$results" "${failed_steps[@]}"
