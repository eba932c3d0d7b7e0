"""Fails allocations one after the other in one scenario; started by run.py.

    points.py SCENARIO DOMAIN MODE FIRST STEP COUNT

DOMAIN is crypto, python or own; MODE is `one` (that allocation alone) or `all`
(it and every later one).  Says a line of JSON for each point.

Each point is a child of its own, forked from one warmed process.  So all of them begin
in the same state, in which the numbers stand for the same allocations: what a failure
leaves behind would otherwise shift them, and points would be left out.  It is also
known what a crash belongs to, and starting is cheap.
"""

from __future__ import annotations

import faulthandler
import gc
import itertools
import json
import os
import re
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import allocations
import scenarios

from OpenSSL import SSL, crypto

EXPECTED = (
    SSL.Error,
    crypto.Error,
    crypto.X509StoreContextError,
    MemoryError,
    ValueError,
    OSError,
)
ALWAYS = 2**62
#: Longest time for one point, in seconds.
PATIENCE = 60
#: After so many seconds Contexts share what they parse of a file.
SETTLED = 2.5
#: The same failure again and again: whatever grows every time is lost.
REPEATS = 4
unraisable: list[str] = []


def attempt(scenario: scenarios.Scenario, domain: str, first: int, last: int) -> dict[str, Any]:
    """One failure: whether something failed, and what came of it."""
    error = None
    allocations.arm(domain, first, last)
    try:
        scenario()
    except BaseException as caught:
        error = caught
    finally:
        asked, failed = allocations.disarm()
    found: dict[str, Any] = {"failed": failed, "outcome": "recovered", "asked": asked}
    if error is not None:
        found["outcome"] = "raised" if isinstance(error, EXPECTED) else "wrong"
        if (
            isinstance(error, SSL.Error | crypto.Error)
            and not error.args
            and type(error) in (SSL.Error, crypto.Error)
        ):
            found["outcome"] = "wrong"
        found["error"] = repr(error)[:300]
        if found["outcome"] == "wrong":
            found["where"] = "".join(traceback.format_exception(error))[-3000:]
        # Frames hold the scenario's objects, which would look like a leak.
        traceback.clear_frames(error.__traceback__)
    return found


def held() -> tuple[int, int]:
    """Blocks that libcrypto holds, and Python."""
    gc.collect()
    return allocations.blocks(), sys.getallocatedblocks()


def point(scenario: scenarios.Scenario, domain: str, mode: str, number: int) -> dict[str, Any]:
    last = number + 1 if mode == "one" else ALWAYS
    found: dict[str, Any] = {}
    # No list of what each time grew: it would grow itself.
    lost, lost_python = ALWAYS, ALWAYS
    for _ in range(REPEATS):
        before = held()
        found = attempt(scenario, domain, number, last)
        if found["failed"]:
            try:
                scenarios.good()
            except BaseException as error:
                found["outcome"] = "wrong"
                found["where"] = (
                    "the next handshake: " + "".join(traceback.format_exception(error))[-3000:]
                )
        now = held()
        lost = min(lost, now[0] - before[0])
        lost_python = min(lost_python, now[1] - before[1])
        if max(lost, lost_python) <= 0 or found["outcome"] == "wrong" or not found["failed"]:
            break
    else:
        found["leak"] = [lost, lost_python]
    if unraisable:
        found["unraisable"] = unraisable.copy()
        unraisable.clear()
    return found


def asked_by(told: str) -> str:
    """The C functions that asked for the memory they did not get, innermost first."""
    # path(function+offset)[address]; most of our own functions have no name there.
    found = re.findall(r"^(/\S+?)\((\w*)\+0x[0-9a-f]+\)", told, re.M)
    names = (name or Path(path).name for path, name in found if name or "/_native/" in path)
    return " < ".join(names)[:1500]


def apart(scenario: scenarios.Scenario, domain: str, mode: str, number: int) -> dict[str, Any]:
    """One point in a child; what came of it, however that ended."""
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as errors, open(reader) as answers:
        child = os.fork()
        if child == 0:
            os.dup2(errors.fileno(), 2)
            signal.alarm(PATIENCE)
            found = point(scenario, domain, mode, number)
            if found["outcome"] not in ("raised", "recovered") or "leak" in found:
                allocations.trace(2)
            os.write(writer, json.dumps(found).encode())
            os._exit(0)
        os.close(writer)
        answer = answers.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        errors.seek(0)
        told = errors.read().decode(errors="replace")
    if status == 0:
        found = json.loads(answer)
    else:
        outcome = "hung" if status == -signal.SIGALRM else "crashed"
        found = {"failed": 1, "outcome": outcome, "status": status, "where": told[-3000:]}
    return {"at": number, **found, "asked by": asked_by(told)}


def main(name: str, domain: str, mode: str, first: int, step: int, count: int) -> None:
    faulthandler.enable()
    faulthandler.register(signal.SIGALRM, chain=True)
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda args: unraisable.append(
        f"{args.exc_type.__name__}: {args.exc_value} in {args.object!r}"[:300]
    )
    scenario = scenarios.SCENARIOS[name]
    for _ in range(3):
        scenario()
        scenarios.good()
    # Files that have just been written are parsed for one Context alone.  From now on each
    # child parses them to be shared.
    time.sleep(SETTLED)
    gc.collect()
    gc.freeze()
    for number in itertools.islice(itertools.count(first, step), count):
        found = apart(scenario, domain, mode, number)
        if not found["failed"]:
            return
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:7]))  # type: ignore[arg-type]
