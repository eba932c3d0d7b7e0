"""``connect`` for monitoring: how many days are left, and the line that Nagios wants."""

from __future__ import annotations

from typing import Any

from .chain import words_for_days
from .failures import Failure
from .printable import quantity
from .target import Target

__all__ = ["days", "expires_soon", "nagios_failure", "nagios_line"]

_STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
#: What says nothing about the peer: the check itself could not be made.
_UNKNOWN = {"failed", "usage", "file", "interrupted", "broken-pipe", "proxy"}


def days(data: dict[str, Any]) -> int | None:
    """Return the days that the chain has left: those of the first certificate to expire."""
    first = _first(data)
    return None if first is None else first["days_left"]


def _first(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the certificate that is the first to expire, of those whose dates can be read."""
    dated = [each for each in data.get("chain", ()) if each["days_left"] is not None]
    return min(dated, key=lambda each: (each["days_left"], not each["expired"]), default=None)


def expires_soon(data: dict[str, Any], warn_days: int | None) -> Failure | None:
    """Return the :class:`Failure` for a chain with fewer than *warn_days* left, or None."""
    first = _first(data)
    if warn_days is None or first is None or first["days_left"] >= warn_days:
        return None
    left = first["days_left"]
    told = words_for_days(left, True) if first["expired"] else f"expires in {quantity(left, 'day')}"
    line = f"the certificate of {first['subject']} {told}, on {first['not_after'][:10]}"
    return Failure("expires-soon", line)


def nagios_line(data: dict[str, Any], warn_days: int, crit_days: int) -> tuple[int, str]:
    """Return status and line for a connection that worked."""
    first = _first(data)
    left = None if first is None else first["days_left"]
    if first is None:
        status, told = 2, "unreadable dates"
    else:
        told = words_for_days(first["days_left"], first["expired"])
        critical = first["expired"] or first["days_left"] < crit_days
        status = 2 if critical else int(first["days_left"] < warn_days)
    line = f"{Target(data['host'], data['port'])} {data['protocol']}, {told}"
    seconds = data["seconds"]["handshake"]
    numbers = f"days={left if left is not None else 'U'};{warn_days}:;{crit_days}:"
    return status, f"TLS {_STATES[status]} - {_plain(line)} | {numbers} handshake={seconds:.6f}s"


def nagios_failure(failure: Failure, warn_days: int, crit_days: int) -> tuple[int, str]:
    """Return status and line for a connection that did not work."""
    status = 3 if failure.kind in _UNKNOWN else 2
    left = days(failure.data)
    numbers = "" if left is None else f" | days={left};{warn_days}:;{crit_days}:"
    return status, f"TLS {_STATES[status]} - {_plain(failure.line)} ({failure.kind}){numbers}"


def _plain(line: str) -> str:
    """Nagios takes what stands behind a bar for numbers."""
    return line.replace("|", "/")
