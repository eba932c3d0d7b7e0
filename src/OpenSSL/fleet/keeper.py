"""Keeps the ring of ticket keys of this process the same as everybody's.

Theory.  There is no leader.  Everybody reads the ring from the store now and then.  Who
finds that the next key is due makes it and tries one atomic compare-and-set; one of many
wins, the others read what the winner wrote.  A ring that is not newer than the one in
use is refused, so that nobody can bring an old one back, unless its epoch is newer.
While the store is away everybody goes on with what he has; a ring that was seen holds
the next key already.
"""

from __future__ import annotations

import threading

from OpenSSL.fleet.keys import Policy, TicketKeys
from OpenSSL.fleet.sealing import Seal
from OpenSSL.fleet.written import read_ring, write_ring

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
        self._seal = Seal(secret, "ticket keys")
        self._lock = threading.Lock()

    def after_fork(self) -> None:
        """Forget who held the lock: that thread is not in this process."""
        self._lock = threading.Lock()

    def refresh(self, now: float) -> TicketKeys:
        """Read the ring, make one if there is none, add the next key if it is due.

        Raises what the store raises.
        """
        with self._lock:
            written = self.store.get(self.name)
            ring = None if written is None else self._read(written)
            if ring is None:
                if written is not None and self.ring is not None:
                    return self.ring  # somebody wrote nonsense; ours still holds
                ring, written = self._agree(written, TicketKeys.generate(now, self.policy), now)
            if ring.is_due(now):
                ring, _ = self._agree(written, ring.rotated(now), now)
            self.ring = ring
            return ring

    def change(
        self, step: Callable[[TicketKeys, float], TicketKeys], now: float, tries: int = 20
    ) -> TicketKeys:
        """Replace the ring by what ``step`` makes of it, whoever else changes it meanwhile.

        Raises what the store raises, RuntimeError if others were faster each time.
        """
        with self._lock:
            for _ in range(tries):
                written = self.store.get(self.name)
                ring = None if written is None else self._read(written)
                base = ring or self.ring or TicketKeys.generate(now, self.policy)
                new = step(base, now)
                if self.store.swap(self.name, written, self._write(new)):
                    self.ring = new
                    return new
        raise RuntimeError("other hosts changed the ring each time")

    def _agree(
        self, written: bytes | None, new: TicketKeys, now: float
    ) -> tuple[TicketKeys, bytes | None]:
        """Put a ring in the place of what was read; or take what another host has put there."""
        sealed = self._write(new)
        if self.store.swap(self.name, written, sealed):
            self.counters.count("ring_rotations")
            return new, sealed
        self.counters.count("ring_lost_races")
        theirs = self.store.get(self.name)
        ring = None if theirs is None else self._read(theirs)
        return (ring, theirs) if ring is not None else (self.ring or new, theirs)

    def _write(self, ring: TicketKeys) -> bytes:
        return self._seal.close(write_ring(ring), self.name)

    def _read(self, written: bytes) -> TicketKeys | None:
        self.counters.count("ring_reads")
        try:
            ring = read_ring(self._seal.open(written, self.name))
        except ValueError:
            self.counters.count("ring_refused")
            return None
        ours = self.ring
        if ours is not None and (ring.epoch, ring.version) < (ours.epoch, ours.version):
            self.counters.count("ring_refused")
            return None
        return ring
