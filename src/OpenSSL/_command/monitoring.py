"""``connect`` for monitoring: how many days are left, and the line that Nagios wants."""

from __future__ import annotations

from typing import Any

from .failures import Failure
from .printable import quantity

__all__ = ["days", "expires_soon", "nagios_failure", "nagios_line"]

_STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
#: What says nothing about the peer: the check itself could not be made.
_UNKNOWN = {"failed", "usage", "file", "interrupted", "broken-pipe", "proxy"}


def days(data: dict[str, Any]) -> int | None:
    """Return the days that the chain has left: those of the first certificate to expire."""
    left = [each["days_left"] for each in data.get("chain", ()) if each["days_left"] is not None]
    return min(left) if left else None


def expires_soon(data: dict[str, Any], warn_days: int | None) -> Failure | None:
    """Return the :class:`Failure` for a chain with fewer than *warn_days* left, or None."""
    left = days(data)
    if warn_days is None or left is None or left >= warn_days:
        return None
    first = min(data["chain"], key=lambda each: each["days_left"] or 0)
    words = f"the certificate of {first['subject']} expires in {quantity(left, 'day')}"
    return Failure("expires-soon", f"{words}, on {first['not_after'][:10]}")


def nagios_line(data: dict[str, Any], warn_days: int, crit_days: int) -> tuple[int, str]:
    """Return status and line for a connection that worked."""
    left = days(data)
    status = 2 if left is None or left < crit_days else int(left < warn_days)
    told = "unreadable dates" if left is None else f"{quantity(left, 'day')} left"
    line = f"{data['host']}:{data['port']} {data['protocol']}, {told}"
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
