"""A poll of a minute, as the usual clients ask for, comes to its end; the longer ones are in test_long_polls.py."""

import pytest

from long_polls import check_long_polls
from sealing_client import gssapi


def test_polls_of_a_minute_end_in_their_time():
    if not gssapi:
        pytest.skip("SKIPPED, no poll of a minute is tried: not installed: python3-gssapi")
    check_long_polls(60)
