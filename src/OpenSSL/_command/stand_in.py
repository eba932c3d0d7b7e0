"""``stand-in``: provide the name pyOpenSSL, for programs that look for it before they start."""

from __future__ import annotations

import click

from . import metadata
from .console import output

__all__ = ["stand_in"]

EXAMPLES = """\b
Examples:
  brisktls stand-in            let pip and programs find pyOpenSSL here
  brisktls stand-in --check    is it so?
  brisktls stand-in --undo     take it away
"""


@click.command("stand-in", epilog=EXAMPLES)
@click.option("--undo", is_flag=True, help="Take the stand-in away.")
@click.option("--check", is_flag=True, help="Only tell whether it is there and whole.")
@click.option("--replace", is_flag=True, help="Take a real pyOpenSSL away for it.")
def stand_in(undo: bool, check: bool, replace: bool) -> None:
    """Stand in for pyOpenSSL where its name is looked for.

    Puts metadata into this Python's environment that name pyOpenSSL, hold no code and require
    brisktls: for pip, and for programs that check their requirements when they start.
    """
    if undo + check + replace > 1:
        raise click.UsageError("--undo, --check and --replace exclude each other")
    if undo:
        done = metadata.undo()
    elif check:
        done = metadata.check()
    else:
        done = metadata.install(replace)
    output().print(done, soft_wrap=True)
