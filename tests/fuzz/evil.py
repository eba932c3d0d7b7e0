"""Arguments that close, re-enter, change or raise while they are converted (tests/kit/evil.py).

    python tests/fuzz/evil.py [--calls 20000] [--seed 1]

The seed is printed; the same one makes the same calls.  A call that hangs is ended after a minute,
with its stack.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import sys
import tempfile
import time

from kit import evil

PATIENCE = 60  # seconds for a hundred calls


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"evil: seed {options.seed}", flush=True)
    faulthandler.enable()
    round_ = evil.Round(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # some calls write files
        while round_.calls < options.calls:
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            round_.life(10)
        os.chdir("/")
    faulthandler.cancel_dump_traceback_later()
    for finding in dict.fromkeys(round_.findings):
        print(finding)
    print(
        f"evil: {round_.calls} calls, {round_.raised.total()} refused; "
        f"{len(round_.findings)} findings"
    )
    return 1 if round_.findings else 0


if __name__ == "__main__":
    sys.exit(main())
