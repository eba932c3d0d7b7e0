"""Text that came from elsewhere, made fit for a terminal."""

from __future__ import annotations

__all__ = ["printable", "quantity"]


def printable(text: str | bytes, limit: int = 200) -> str:
    """Return *text* on one line, without control characters, at most *limit* long.

    Names in certificates and the words of servers are chosen by strangers; a
    terminal must never obey them.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text[: limit + 1]
    )
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


def quantity(number: int, noun: str, plural: str = "") -> str:
    """Return *number* and *noun* in the right form: ``1 day``, ``2 days``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
