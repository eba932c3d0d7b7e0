"""OpenMetrics text: what a monitor collects, of one process or of a whole fleet."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from OpenSSL.fleet.keys import TicketKeys
    from OpenSSL.fleet.reports import Report

    Sample = tuple[dict[str, str], float]

__all__ = ["family", "fleet_text", "text_of"]

#: What each counter of `Counters` counts.
MEANINGS = {
    "ring_reads": "rings of ticket keys that were read",
    "ring_writes": "rings that this process wrote",
    "ring_lost_races": "writes in which another process was first",
    "ring_refused": "rings that were forged, of another secret, or older than the one in use",
    "ring_errors": "times that no ring could be had",
    "session_hits": "sessions that were found in the store",
    "session_misses": "sessions that were not there, or not in time",
    "session_puts": "sessions that were kept",
    "session_refused": "entries that were forged, of another secret, or revoked",
    "session_errors": "times that the store failed when it was asked for a session or given one",
    "session_timeouts": "questions for a session that the store did not answer in time",
    "session_skipped": "questions and sessions that the store was not bothered with",
    "early_taken": "early data that was taken: its ticket had not come before",
    "early_refused": "early data whose ticket had come before, or is older than the store",
    "early_errors": "times that the store failed when it was asked about early data",
    "early_timeouts": "questions about early data that the store did not answer in time",
    "early_skipped": "questions about early data that the store was not bothered with",
    "report_errors": "reports of this process that could not be written",
}
#: What else a report tells.
TOLD = {
    "accepted": "handshakes of attached Contexts",
    "resumed": "those of them that were resumed",
}


def family(name: str, kind: str, what: str, samples: Iterable[Sample]) -> str:
    """One metric of this package with its samples, each of some labels and a number."""
    metric = f"brisktls_fleet_{name}"
    lines = [f"# TYPE {metric} {kind}"]
    if metric.endswith("_seconds"):
        lines.append(f"# UNIT {metric} seconds")
    lines.append(f"# HELP {metric} {what}")
    told = f"{metric}_total" if kind == "counter" else metric
    for labels, number in samples:
        words = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels.items())
        lines.append(f"{told}{{{words}}} {number}" if words else f"{told} {number}")
    return "".join(line + "\n" for line in lines)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def text_of(families: Iterable[str]) -> str:
    """The whole text, ``# EOF`` included."""
    return "".join(families) + "# EOF\n"


def fleet_text(ring: TicketKeys, reports: Iterable[Report], now: float) -> str:
    """The keys of a fleet and what each of its processes told, by host and process."""
    there = [({"host": each.host, "process": str(each.pid)}, each) for each in reports]
    keys = [
        ({"key": key.name.hex(), "state": ring.state(key, now)}, round(now - key.starts, 1))
        for key in ring.keys
        if key.starts is not None
    ]
    state = ring.epoch, ring.version
    return text_of(
        [
            family("ring_version", "gauge", "changes of the ring", [({}, ring.version)]),
            family("revocations", "counter", "times that all keys were", [({}, ring.epoch - 1)]),
            family("key_age_seconds", "gauge", "since it began to encrypt", keys),
            family("processes", "gauge", "that told of themselves", [({}, len(there))]),
            family(
                "process_seen_seconds",
                "gauge",
                "since the process told of itself",
                [(labels, round(now - each.at, 1)) for labels, each in there],
            ),
            family(
                "process_up_to_date",
                "gauge",
                "whether the process has the ring that is in the store",
                [(labels, int((each.epoch, each.version) == state)) for labels, each in there],
            ),
            *(
                family(
                    name, "counter", what, [(labels, getattr(each, name)) for labels, each in there]
                )
                for name, what in TOLD.items()
            ),
            *(
                family(
                    name,
                    "counter",
                    what,
                    # One of another version may not count it.
                    [(labels, each.counters.get(name, 0)) for labels, each in there],
                )
                for name, what in MEANINGS.items()
            ),
        ]
    )
