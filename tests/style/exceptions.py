"""Places that break a rule for a reason: (rule, path) -> why. One that nothing needs any more is a mistake itself."""

EXCEPTIONS = {
    ("threads", "include/winrmlb/state/file_store.h"): "a file that is written behind needs somebody who waits for the disk",
    ("threads", "src/state/file_store.cpp"): "a file that is written behind needs somebody who waits for the disk",
    ("floors", "perf/http_bench.cpp"): "a micro-benchmark measures the code itself; the load tools beside it share none",
    ("floors", "perf/metrics_bench.cpp"): "the same",
    ("floors", "perf/winrm_bench.cpp"): "a micro-benchmark measures the code itself; the load tools beside it share none",
}
