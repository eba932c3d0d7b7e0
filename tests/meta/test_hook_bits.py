"""Every hook has a bit in the masks that tell which are there; one too many does not compile."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from reading import NATIVE, sources

HOOKS = NATIVE / "common/hooks.pxd"


def parts() -> tuple[str, str]:
    """The slots, and the width of a mask with what holds it wide enough."""
    text = HOOKS.read_text(encoding="utf-8")
    slots = re.search(r"^cdef enum Hook:\n(?:    .*\n)+", text, re.MULTILINE)
    width = re.search(r"^ctypedef .* hook_bits\n\ncdef enum:\n    .*\n", text, re.MULTILINE)
    assert slots is not None
    assert width is not None
    return slots[0], width[0]


def compiles(folder: Path, slots: int) -> bool:
    """Whether a mask is wide enough for so many slots."""
    hooks, width = parts()
    there = len(re.findall(r"^    ON_", hooks, re.MULTILINE))
    more = "".join(f"    ON_{number}\n" for number in range(slots - there))
    source = folder / "bits.pyx"
    source.write_text(
        "from libc.stdint cimport uint64_t\n"
        + hooks.replace("    HOOKS", f"{more}    HOOKS")
        + width,
        encoding="utf-8",
    )
    subprocess.run(
        [sys.executable, "-m", "cython", "-3", "-X", "cdivision=True", source.name],
        cwd=folder,
        check=True,
    )
    headers = sysconfig.get_path("include")
    command = ["cc", "-fsyntax-only", "-w", f"-I{headers}", "bits.c"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("slots", "enough"), [(64, True), (65, False)])
def test_a_hook_without_a_bit_does_not_compile(tmp_path: Path, slots: int, enough: bool) -> None:
    assert compiles(tmp_path, slots) is enough


def test_bits_are_made_in_one_place() -> None:
    """A plain ``1 <<`` has 32 bits, however wide the mask is."""
    files = sources("*.pyx", "*.pxd", under=NATIVE)
    found = {
        path: found for path, text in files.items() if (found := re.findall(r"1 << \(?ON_", text))
    }
    assert found == {}
