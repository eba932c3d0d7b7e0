"""A little of `make faults`: enough to see that it still works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from OpenSSL import SSL

RUN = Path(__file__).resolve().parent / "run.py"
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="allocations.c is written for glibc"),
    pytest.mark.skipif(
        SSL.OPENSSL_VERSION_NUMBER >> 20 != 0x300, reason="KNOWN is that of OpenSSL 3.0"
    ),
]


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(RUN), "--domain", "crypto", "--mode", "one", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_context_is_set_up():
    assert " raised" in run("set_up_client", "--every", "97")


def test_an_archive_never_loses_its_certificate():
    assert " raised" in run("bags", "--every", "41")


def test_a_passphrase_is_never_taken_for_an_archive_that_nothing_protects():
    # Where only the opening by another passphrase is tried, one point in thirty is wrong.
    assert ": 0 findings" in run("bared", "--every", "41")


def test_a_name_that_was_lost_lets_nobody_in():
    assert ": 0 findings" in run(
        "host_again_and_moved", "host_again_and_believed", "--every", "1", "--most", "40"
    )
