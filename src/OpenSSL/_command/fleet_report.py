"""What ``brisktls fleet`` prints: keys by name and age, and the processes that use them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.table import Table

from .console import output
from .printable import printable

if TYPE_CHECKING:
    from OpenSSL.fleet import Report, TicketKeys

__all__ = ["describe", "describe_process", "print_processes", "print_ring", "share"]


def describe(ring: TicketKeys) -> dict[str, Any]:
    """The ring as JSON has it, without the secrets."""
    now = time.time()
    return {
        "version": ring.version,
        "epoch": ring.epoch,
        "keys": [
            {
                "name": key.name.hex(),
                "state": ring.state(key, now),
                "starts": key.starts,
                "ends": key.ends,
                "age": None if key.starts is None else round(now - key.starts, 1),
            }
            for key in ring.keys
        ],
    }


def describe_process(report: Report, ring: TicketKeys) -> dict[str, Any]:
    """One process, beside the ring that it should use."""
    return {
        "host": report.host,
        "pid": report.pid,
        "seen": round(time.time() - report.at, 1),
        "up_to_date": (report.epoch, report.version) == (ring.epoch, ring.version),
        "accepted": report.accepted,
        "resumed": report.resumed,
        "counters": report.counters,
    }


def share(reports: list[Report]) -> float | None:
    """Which part of all handshakes was resumed; None before the first one."""
    accepted = sum(each.accepted for each in reports)
    return round(sum(each.resumed for each in reports) / accepted, 4) if accepted else None


def print_ring(data: dict[str, Any]) -> None:
    """Print the keys as a table."""
    table = Table("key", "state", "age", "ends in", box=None, pad_edge=False)
    now = time.time()
    for key in data["keys"]:
        table.add_row(
            key["name"][:8],
            key["state"],
            _span(key["age"]),
            _span(None if key["ends"] is None else key["ends"] - now),
        )
    output().print(f"version {data['version']}, {data['epoch'] - 1} times revoked")
    output().print(table)


def print_processes(data: dict[str, Any]) -> None:
    """Print who is there, and how many sessions were resumed."""
    console = output()
    resumed = data["resumed_share"]
    told = "no handshakes yet" if resumed is None else f"{resumed:.1%} of handshakes resumed"
    console.print(f"\n{len(data['processes'])} processes, {told}")
    if not data["processes"]:
        return
    table = Table(
        "host", "process", "seen", "keys", "accepted", "resumed", box=None, pad_edge=False
    )
    for each in data["processes"]:
        table.add_row(
            printable(each["host"]),
            str(each["pid"]),
            _span(each["seen"]),
            "same" if each["up_to_date"] else "OTHER",
            str(each["accepted"]),
            str(each["resumed"]),
        )
    console.print(table)


def _span(seconds: float | None) -> str:
    """A time in the largest unit that leaves two digits, as in ``90 min``."""
    if seconds is None:
        return "-"
    sign = "-" if seconds < 0 else ""
    seconds = abs(seconds)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{sign}{seconds / size:.0f} {unit}"
    return f"{sign}{seconds:.0f} s"
