"""Fails allocations one after the other in one scenario; started by run.py.

    points.py SCENARIO DOMAIN MODE FIRST STEP COUNT

DOMAIN is crypto, python or own; MODE is `one` (that allocation alone) or `all`
(it and every later one).  Says a line before each point, so that whoever
started it knows where it crashed, and a line of JSON after it.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import sys
import traceback
import warnings
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
#: The same failure again and again: whatever grows every time is lost.
REPEATS = 4
unraisable: list[str] = []


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


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


def point(scenario: scenarios.Scenario, domain: str, mode: str, number: int) -> dict[str, Any]:
    last = number + 1 if mode == "one" else ALWAYS
    found: dict[str, Any] = {}
    grown = []
    for _ in range(REPEATS):
        before = allocations.blocks()
        found = attempt(scenario, domain, number, last)
        if found["failed"]:
            try:
                scenarios.good()
            except BaseException as error:
                found["outcome"] = "wrong"
                found["where"] = (
                    "the next handshake: " + "".join(traceback.format_exception(error))[-3000:]
                )
        gc.collect()
        grown.append(allocations.blocks() - before)
        if grown[-1] <= 0 or found["outcome"] == "wrong" or not found["failed"]:
            break
    else:
        found["leak"] = min(grown)
    if unraisable:
        found["unraisable"] = unraisable.copy()
        unraisable.clear()
    return found


def main(name: str, domain: str, mode: str, first: int, step: int, count: int) -> None:
    faulthandler.enable()
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda args: unraisable.append(
        f"{args.exc_type.__name__}: {args.exc_value} in {args.object!r}"[:300]
    )
    scenario = scenarios.SCENARIOS[name]
    for _ in range(3):
        scenario()
        scenarios.good()
    gc.collect()
    gc.freeze()
    for number in range(first, first + step * count, step):
        say(f"at {number}")
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        found = point(scenario, domain, mode, number)
        faulthandler.cancel_dump_traceback_later()
        if not found["failed"]:
            say("end")
            return
        say(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:7]))  # type: ignore[arg-type]
