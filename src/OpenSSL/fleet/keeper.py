"""Keeps the ring of ticket keys of this process the same as everybody else's.

Theory.  There is no leader.  Everybody reads the ring from the store now and then.  A
host that finds that the next key is due makes it and tries one atomic compare-and-set; one of many
wins, the others read what the winner wrote.  A ring that is older than the one in use is
never used: everybody puts the newest known one back, so a store that forgot, or
was restored from a copy, heals.  While the store is away everybody goes on with what they
have; a ring that was seen holds the next key already.
"""

from __future__ import annotations

import threading

from OpenSSL.fleet.keys import PURPOSE, Policy, TicketKeys
from OpenSSL.fleet.sealing import Seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from OpenSSL.fleet.counters import Counters
    from OpenSSL.fleet.store import SessionStore

__all__ = ["Keeper"]


class Keeper:
    """The ring of one process, in step with the one in a store under ``name``."""

    def __init__(
        self,
        store: SessionStore,
        secret: bytes | str | Iterable[bytes | str],
        counters: Counters,
        *,
        name: bytes = b"ticket-keys",
        policy: Policy | None = None,
    ) -> None:
        self.store: SessionStore = store
        self.counters: Counters = counters
        self.name: bytes = name
        self.policy: Policy = policy or Policy()
        self.ring: TicketKeys | None = None
        # The ring read last, and what it was sealed: mostly nothing has changed.
        self._known: tuple[bytes, TicketKeys] | None = None
        self._seal = Seal(secret, PURPOSE)
        self._lock = threading.Lock()

    def after_fork(self) -> None:
        """Forget who held the lock: that thread is not in this process."""
        self._lock = threading.Lock()

    def refresh(self, now: float) -> TicketKeys:
        """Read the ring, make one if there is none, add the next key if it is due.

        A ring that got lost, or was put back from an old copy, is replaced by ours.  One
        that cannot be opened stays: it may be another's, whose secret we do not have.

        Raises what the store raises, SealError for a ring that cannot be opened.
        """
        with self._lock:
            written = self.store.get(self.name)
            ring = None if written is None else self._read(written)
            if ring is None or self._is_older(ring):
                ring, written = self._agree(
                    written, self.ring or TicketKeys.generate(now, self.policy)
                )
            if ring.is_due(now):
                ring, _ = self._agree(written, ring.rotated(now))
            self.ring = ring
            return ring

    def look(self) -> TicketKeys | None:
        """The ring in the store, None if there is none; nothing is changed.

        Raises what the store raises, SealError for a ring that cannot be opened.
        """
        written = self.store.get(self.name)
        return None if written is None else self._read(written)

    def change(
        self,
        step: Callable[[TicketKeys, float], TicketKeys],
        now: float,
        *,
        replace: bool = False,
        tries: int = 20,
    ) -> TicketKeys:
        """Replace the ring by what ``step`` makes of it, even if others change it meanwhile.

        With ``replace`` also one that cannot be opened.  Raises what the store raises,
        SealError for such a ring otherwise, RuntimeError if others were faster each time.
        """
        with self._lock:
            for _ in range(tries):
                written = self.store.get(self.name)
                new = step(self._newest(written, now, replace), now)
                if self.store.swap(self.name, written, self._write(new)):
                    self.counters.count("ring_writes")
                    self.ring = new
                    return new
                self.counters.count("ring_lost_races")
        raise RuntimeError("other hosts changed the ring each time")

    def _newest(self, written: bytes | None, now: float, replace: bool) -> TicketKeys:
        try:
            ring = None if written is None else self._read(written)
        except ValueError:
            if not replace:
                raise
            ring = None
        if ring is None or self._is_older(ring):
            ring = self.ring or TicketKeys.generate(now, self.policy)
        return ring

    def _agree(self, written: bytes | None, new: TicketKeys) -> tuple[TicketKeys, bytes | None]:
        """Put a ring in the place of what was read; or take what another host has put there."""
        sealed = self._write(new)
        if self.store.swap(self.name, written, sealed):
            self.counters.count("ring_writes")
            return new, sealed
        self.counters.count("ring_lost_races")
        theirs = self.store.get(self.name)
        ring = None if theirs is None else self._read(theirs)
        if ring is None or self._is_older(ring):
            return self.ring or new, theirs
        return ring, theirs

    def _is_older(self, ring: TicketKeys) -> bool:
        ours = self.ring
        older = ours is not None and (ring.epoch, ring.version) < (ours.epoch, ours.version)
        if older:
            self.counters.count("ring_refused")
        return older

    def _write(self, ring: TicketKeys) -> bytes:
        return self._seal.close(ring._to_json(), self.name)

    def _read(self, written: bytes) -> TicketKeys:
        self.counters.count("ring_reads")
        if self._known is not None and self._known[0] == written:
            return self._known[1]
        try:
            ring = TicketKeys._from_json(self._seal.open(written, self.name))
        except ValueError:
            self.counters.count("ring_refused")
            raise
        self._known = written, ring
        return ring
