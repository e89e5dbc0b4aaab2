"""How much of its full count a soak runs: WINRMLB_SOAK, in per cent; the same as soak.h."""

import os


def soak_count(full):
    return max(1, full * int(os.environ.get("WINRMLB_SOAK", "2")) // 100)
