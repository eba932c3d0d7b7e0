"""Output: colours and progress bars for a terminal, plain lines for everything else."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

__all__ = ["complain", "errors", "is_terminal", "output", "print_facts", "print_json", "warn"]

_LABEL_WIDTH = 14


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command what a reader that left means; rich would end with 1."""
        raise  # noqa: PLE0704 - it is called where the error is handled


def output() -> Console:
    """Return a console over standard output."""
    return _console(stderr=False)


def errors() -> Console:
    """Return a console over standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    # NO_COLOR asks for no colour; with no colour system at all rich leaves out
    # bold and dim as well, so that such output carries no control codes.
    plain = bool(os.environ.get("NO_COLOR")) or not is_terminal(stream)
    return _Console(
        stderr=stderr,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        color_system=None if plain else "auto",
        # FORCE_COLOR must not turn a pipe into a terminal.
        force_terminal=is_terminal(stream),
    )


def is_terminal(stream: Any) -> bool:
    """Return whether *stream* is a terminal that understands control codes."""
    try:
        return bool(stream.isatty()) and os.environ.get("TERM", "") not in ("", "dumb")
    except (AttributeError, ValueError):
        return False


def print_facts(console: Console, rows: Sequence[tuple[str, str | Text]]) -> None:
    """Print *rows* of label and value as two columns, indented by two.

    Long values are folded on a terminal; anywhere else a line stays a line, so
    that it can be searched for.
    """
    width = max(_LABEL_WIDTH, *(len(label) + 2 for label, _ in rows))
    room = max(console.width - width - 2, 20) if console.is_terminal else sys.maxsize
    for label, value in rows:
        text = value if isinstance(value, Text) else Text(value)
        for line in text.wrap(console, room) if len(text) > room else [text]:
            line.rstrip()
            console.print(
                Text.assemble("  ", (label.ljust(width), "dim"), line), soft_wrap=True, end="\n"
            )
            label = ""


def print_json(data: Any) -> None:
    """Write *data* to standard output as JSON, for programs."""
    print(json.dumps(data, indent=2, ensure_ascii=True, sort_keys=False), flush=True)


def warn(line: str) -> None:
    """Write one line of warning to standard error."""
    complain(Text.assemble(("warning: ", "bold yellow"), line))


def complain(line: Text) -> None:
    """Write *line* to standard error, where somebody may or may not be reading it."""
    # A command does not fail because nobody can be told why.
    with contextlib.suppress(OSError, ValueError):
        errors().print(line, soft_wrap=True, highlight=False)
