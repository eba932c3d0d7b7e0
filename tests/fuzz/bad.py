"""Every public callable with thousands of bad argument combinations, each in its own process.

Arguments: ``--times N`` for each callable (default 10 000), ``--seed N``, and words
that a target's name has to contain.  Exit status 1 when anything was found.
The processes are forked from one that has everything loaded.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import mmap
import os
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback

import arguments

#: Calls made and refused, then the length of the last call's plan and the plan.
HEAD = struct.Struct("3Q")
ROOM = 16384


class Notes:
    """Memory that outlives a child: what it has done, and the call it died in."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, ROOM)

    def call(self, described: str) -> None:
        text = described.encode(errors="replace")[: ROOM - HEAD.size]
        HEAD.pack_into(self.memory, 0, 0, 0, len(text))
        self.memory[HEAD.size : HEAD.size + len(text)] = text

    def done(self, made: int, refused: int) -> None:
        HEAD.pack_into(self.memory, 0, made, refused, 0)

    def read(self) -> tuple[int, int, str]:
        made, refused, length = HEAD.unpack_from(self.memory)
        return made, refused, self.memory[HEAD.size : HEAD.size + length].decode(errors="replace")


def child(target: str, seed: int, times: int, notes: Notes, errors: int) -> int:
    """What a forked process does: one target, in a folder of its own."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, file in ((0, nothing), (1, nothing), (2, errors)):
        os.dup2(file, number)
    faulthandler.enable()
    faulthandler.register(signal.SIGALRM, all_threads=True, chain=True)
    try:
        notes.done(*arguments.attack(target, seed, times, notes.call))
        gc.collect()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 1
    return 0


def run(target: str, seed: int, times: int) -> tuple[int, int, str]:
    """One target in a child; calls, calls refused, and what was found."""
    notes = Notes()
    folder = tempfile.mkdtemp(prefix="bad-")
    with tempfile.TemporaryFile() as errors:
        process = os.fork()
        if process == 0:
            status = 1
            try:
                os.chdir(folder)
                status = child(target, seed, times, notes, errors.fileno())
            finally:
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    shutil.rmtree(folder, ignore_errors=True)
    made, refused, last = notes.read()
    if status == 0:
        return made, refused, ""
    last = f"{target}({last[:1500]})"
    return made, refused, f"{target}: exit {status}\n{said[-3500:]}\nlast call: {last}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    wanted = [
        each
        for each in arguments.targets()
        if not chosen.words or any(word in each for word in chosen.words)
    ]
    assert wanted, "no such callable"
    began = time.monotonic()
    calls = refusals = found = 0
    for number, target in enumerate(wanted, 1):
        made, refused, finding = run(target, chosen.seed, chosen.times)
        calls += made
        refusals += refused
        if finding:
            found += 1
            print(finding, flush=True)
        if number % 50 == 0:
            taken = time.monotonic() - began
            print(f"{number} of {len(wanted)} callables, {calls} calls, {taken:.0f} s", flush=True)
    print(f"{len(wanted)} callables, {calls} calls, {refusals} refused; {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
