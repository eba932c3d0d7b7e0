"""One measurement in a process of its own: ``child.py WORK PEER OPTION SECONDS``.

Run by the Python of the peer's environment; prints one number, or several.
"""

from __future__ import annotations

import importlib
import os
import sys


def main(work: str, peer: str, option: str, seconds: str) -> None:
    module = importlib.import_module(f"works.{work}")
    found = module.work(peer, option, float(seconds))
    print(*map(repr, found if isinstance(found, tuple) else (found,)), flush=True)
    os._exit(0)  # servers have threads that wait for ever


if __name__ == "__main__":
    main(*sys.argv[1:])
