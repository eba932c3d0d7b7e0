"""One measurement in a process of its own: ``child.py WORK PEER OPTION SECONDS``.

Run by the Python of the peer's environment; prints one number.
"""

from __future__ import annotations

import importlib
import sys


def main(work: str, peer: str, option: str, seconds: str) -> None:
    module = importlib.import_module(f"works.{work}")
    print(repr(module.work(peer, option, float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
