"""What each process of a fleet tells about itself, and the list of who is there.

Theory.  A store answers questions about names only, so the names stand in an entry of
their own, the roster, which changes when a process comes.  Each process then writes its
own report under its own name, with an end: one that stops writing is soon gone.  Everything is
sealed, as the keys are.  A report decides nothing; without it the fleet works as well.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import socket

from OpenSSL.fleet.sealing import Seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from OpenSSL.fleet.store import SessionStore

__all__ = ["Report", "Roster"]

TRIES = 20  # when others change the roster at the same moment
LOOKED_AT = 16  # members that a new one checks, and strikes if they are gone
MOST = 10_000  # processes on the roster; the ones that came first are dropped


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """One process: where it is, the ring it uses and what its handshakes were.

    ``at`` is when it wrote this, in seconds since 1970 by its own clock.  ``accepted`` are
    the handshakes of its attached Contexts and ``resumed`` those of them that were
    resumed; ``counters`` are its :class:`Counters` by name.
    """

    __module__ = "OpenSSL.fleet"

    host: str
    pid: int
    at: float
    version: int
    epoch: int
    accepted: int
    resumed: int
    counters: dict[str, int]


def _some(members: list[str]) -> list[str]:
    """A few, so that a thousand that come at once do not ask a million times."""
    return random.sample(members, min(len(members), LOOKED_AT))


class Roster:
    """Writes the report of this process, and reads those of all others."""

    def __init__(
        self, store: SessionStore, secret: bytes | str | Iterable[bytes | str], name: str
    ) -> None:
        """Seal with ``secret``, for the fleet called ``name``.

        Raises what :class:`Seal` raises for a secret that is not usable.
        """
        self._store = store
        self._seal = Seal(secret, "reports")
        self._roster = f"roster:{name}".encode()
        self._prefix = f"report:{name}:"
        self.enter()

    def enter(self) -> None:
        """Be a new process from now on: at the start, and in the child of a fork."""
        self.member: str = os.urandom(8).hex()
        self.host: str = socket.gethostname()

    def write(self, report: Report, seconds: float) -> None:
        """Let the others read ``report`` for that many seconds.

        Raises what the store raises, RuntimeError if others were faster each time.
        """
        name = self._name(self.member)
        written = json.dumps(dataclasses.asdict(report)).encode()
        self._store.put(name, self._seal.close(written, name), seconds)
        for _ in range(TRIES):
            before = self._store.get(self._roster)
            members = self._members(before)
            if self.member in members:
                return
            gone = {each for each in _some(members) if self._store.get(self._name(each)) is None}
            kept = [each for each in members if each not in gone]
            changed = json.dumps([*kept[-MOST + 1 :], self.member]).encode()
            sealed = self._seal.close(changed, self._roster)
            if self._store.swap(self._roster, before, sealed):
                return
        raise RuntimeError("other processes changed the roster each time")

    def read(self) -> list[Report]:
        """The reports of all processes that are there, by host and process.

        What cannot be opened or read is left out.  Raises what the store raises.
        """
        found = (self._read(each) for each in self._members(self._store.get(self._roster)))
        return sorted(
            (each for each in found if each is not None), key=lambda each: (each.host, each.pid)
        )

    def leave(self) -> None:
        """Take the report of this process away.  Raises what the store raises."""
        self._store.remove(self._name(self.member))

    def _name(self, member: str) -> bytes:
        return f"{self._prefix}{member}".encode()

    def _members(self, written: bytes | None) -> list[str]:
        if written is None:
            return []
        try:
            members = json.loads(self._seal.open(written, self._roster))
        except ValueError:
            return []  # another secret's, or spoilt: the next one to come writes it again
        return [each for each in members if isinstance(each, str)]

    def _read(self, member: str) -> Report | None:
        name = self._name(member)
        written = self._store.get(name)
        if written is None:
            return None
        try:
            return Report(**json.loads(self._seal.open(written, name)))
        except (ValueError, TypeError):
            return None
