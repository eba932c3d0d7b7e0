"""Every public callable with thousands of bad argument combinations, each in its own process.

Arguments: ``--times N`` for each callable (default 10 000), ``--seed N``, and words
that a target's name has to contain.  Exit status 1 when anything was found.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: Longest time for one callable, in seconds; a single call has its own, shorter.
PATIENCE = 3600


def environment() -> dict[str, str]:
    unset = ("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "SSLKEYLOGFILE")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return kept | {
        "PYTHONPATH": os.pathsep.join((str(ROOT / "tests"), os.environ.get("PYTHONPATH", ""))),
        "PYTHONHASHSEED": "0",
    }


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(HERE / "arguments.py"), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    wanted = [
        each
        for each in run().stdout.split()
        if not chosen.words or any(word in each for word in chosen.words)
    ]
    assert wanted, "no such callable"
    refused = found = 0
    for number, target in enumerate(wanted, 1):
        done = run(str(chosen.seed), str(chosen.times), target)
        if done.returncode == 0:
            refused += int(done.stdout.split()[-1])
        else:
            found += 1
            print(f"{target}: exit {done.returncode}\n{done.stderr[-2500:]}", flush=True)
        if number % 100 == 0:
            print(f"{number} of {len(wanted)} callables", flush=True)
    calls = len(wanted) * chosen.times
    print(f"{len(wanted)} callables, {calls} calls, {refused} refused; {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
