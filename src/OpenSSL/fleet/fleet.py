"""A Fleet: many processes, on one host or many, that resume each other's sessions."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref

from OpenSSL._face.ssl.context import Context
from OpenSSL._native.common.constants import DTLS_CLIENT_METHOD, TLS_CLIENT_METHOD
from OpenSSL._native.ssl.context import method_of
from OpenSSL.fleet.checking import check, seconds
from OpenSSL.fleet.counters import Counters
from OpenSSL.fleet.early import EarlyData
from OpenSSL.fleet.following import follow
from OpenSSL.fleet.keeper import Keeper
from OpenSSL.fleet.keys import Policy, TicketKeys
from OpenSSL.fleet.limits import LIMIT, Limited
from OpenSSL.fleet.open import open_store
from OpenSSL.fleet.openmetrics import fleet_text
from OpenSSL.fleet.reports import Report, Roster
from OpenSSL.fleet.sealing import secrets_of
from OpenSSL.fleet.sessions import SessionCache
from OpenSSL.fleet.store import InOneProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from OpenSSL.fleet.store import SessionStore
    from OpenSSL.SSL import ClientHello, Connection

__all__ = ["Fleet"]

START_PATIENCE = 3.0  # seconds that the first look at the store may take
REPORT_EVERY = 10.0  # seconds, or at each look where those are rarer


class Fleet(InOneProcess):
    """Gives Contexts of many processes the same ticket keys, and rotates them.

    ``where`` is the address of a store (see :class:`Valkey`), the path of a file
    (:class:`SharedFile`) or a store.  ``secret`` (at least 16 bytes, or several of them, the
    first one writes) seals what is written there; every process of the fleet has the same.
    ``name`` tells fleets in one store apart.  ``refresh`` is how often the store is looked
    at, in seconds.  With tickets no handshake ever waits for the store.  A client that comes
    back without one is looked for in it, for ``patience`` seconds at most.

    While the store is away, handshakes go on: with the keys that are known, or as full
    ones.  Nothing raises and nothing queues without bound; `counters` tells what happened.
    """

    __module__ = "OpenSSL.fleet"

    def __init__(
        self,
        where: str | os.PathLike[str] | SessionStore,
        secret: bytes | str | Iterable[bytes | str],
        *,
        name: str = "default",
        policy: Policy | None = None,
        refresh: float = 5.0,
        patience: float = LIMIT,
    ) -> None:
        """Look at the store for up to three seconds, and begin to follow it.

        Raises ValueError if the secret is too short, ``patience`` is negative, or ``refresh``
        not positive or too long for the policy; a store that cannot be reached is not an error.
        """
        if seconds("patience", patience) < 0:
            raise ValueError("patience must not be negative")
        if seconds("refresh", refresh) <= 0:
            raise ValueError("refresh must be positive")
        if policy is None:
            policy = Policy()
        self.policy: Policy = check("policy", policy, Policy, spelled="a Policy")
        if refresh * 2 + self.policy.skew > self.policy.spread:
            raise ValueError("refresh is too long: a new key would not be known in time")
        secrets = secrets_of(secret)
        self.name: str = check("name", name, str)
        self.refresh_seconds: float = refresh
        self.counters: Counters = Counters()
        self.store: SessionStore = open_store(where)
        self.keeper: Keeper = Keeper(
            self.store,
            secrets,
            self.counters,
            name=f"ring:{name}".encode(),
            policy=self.policy,
        )
        self.roster: Roster = Roster(self.store, secrets, name)
        self._limited = Limited(self.store, self.counters, seconds=patience)
        self.sessions: SessionCache = SessionCache(
            self._limited,
            secrets,
            self.counters,
            name=name,
            epoch=_epoch_of(self.keeper),
            lifetime=self.policy.lifetime,
        )
        self.early: EarlyData = EarlyData(
            self._limited, self.counters, name=name, skew=self.policy.skew
        )
        self._reported = -REPORT_EVERY
        self._contexts: weakref.WeakSet[Context] = weakref.WeakSet()
        self._applied: tuple[bytes, ...] = ()
        self._own: TicketKeys | None = None
        self._begin().wait(START_PATIENCE)

    # ---- the ring of this process

    def _begin(self) -> threading.Event:
        """Follow the store from now on; the event is set when it was looked at."""
        # New ones: after a fork a thread that is not here may have held the old ones.
        self._lock = threading.RLock()
        self._over = threading.Event()
        first = threading.Event()
        self._process = os.getpid()
        self._thread = self._thread_for(Fleet._look, first)
        # Its time comes for each key, also while a store keeps the other thread waiting.
        self._clock = self._thread_for(Fleet._apply, threading.Event())
        _alive.add(self)
        return first

    def _thread_for(
        self, step: Callable[[Fleet], None], first: threading.Event
    ) -> threading.Thread:
        arguments = (weakref.ref(self), step, self._over, first)
        thread = threading.Thread(target=follow, args=arguments, daemon=True)
        thread.name = "brisktls-fleet-keys"
        thread.start()
        return thread

    @property
    def ring(self) -> TicketKeys:
        """The ring in use; one of this process alone until the store could be read."""
        ring = self.keeper.ring
        if ring is None:
            ring = self._stopgap()
        return ring

    def _stopgap(self) -> TicketKeys:
        with self._lock:
            if self._own is None:
                self._own = TicketKeys.generate(time.time(), self.policy)
            return self._own

    def _look(self) -> None:
        """Read the store once, and put the keys of now into force."""
        try:
            self.keeper.refresh(time.time())
        except Exception:  # noqa: BLE001 - a store may fail in any way, and is counted
            self.counters.count("ring_errors")
            self._apply()
            return
        self._apply()
        self._tell()

    def _tell(self) -> None:
        """Write the report of this process, now and then."""
        now = time.monotonic()
        if now - self._reported < REPORT_EVERY:
            return
        self._reported = now
        try:
            self.early.begin()
            self.roster.write(self._report(), 3 * max(REPORT_EVERY, self.refresh_seconds))
        except Exception:  # noqa: BLE001 - nothing depends on it, and it is counted
            self.counters.count("report_errors")

    def _report(self) -> Report:
        stats = [each.get_session_stats() for each in list(self._contexts)]
        ring = self.ring
        return Report(
            host=self.roster.host,
            pid=os.getpid(),
            at=time.time(),
            version=ring.version,
            epoch=ring.epoch,
            accepted=sum(each["accept_good"] for each in stats),
            resumed=sum(each["hits"] for each in stats),
            counters=self.counters.as_dict(),
        )

    def _apply(self, context: Context | None = None) -> None:
        # One at a time from the ring to the last Context: a ring that was read earlier must
        # not be put into force behind a later one.
        with self._lock:
            if context is not None:
                self._contexts.add(context)
                context.set_ticket_keys(self.ring.in_force(time.time()))
            keys = tuple(self.ring.in_force(time.time()))
            if keys == self._applied:
                return
            for each in list(self._contexts):
                each.set_ticket_keys(keys)
            self._applied = keys  # and not where one could not be changed

    # ---- what programs do with it

    def attach(self, context: Context, *, sessions: bool = True) -> None:
        """Let sessions of ``context`` be resumed by every process of the fleet.

        Its tickets get the fleet's keys.  With ``sessions`` its cache is the store from now on,
        for clients that come back without a ticket (TLS 1.2 with session ids, TLS 1.3 with
        ``OP_NO_TICKET``): the mode of its cache and its callbacks for new sessions and for
        finding them are the fleet's, and callbacks of the program's own raise ValueError.

        Where the Context takes early data (:meth:`Context.set_max_early_data`), each ticket's is
        taken once in the whole fleet, as the store notes it, and refused where the store does
        not say so within ``patience``. A callback that allows early data is asked before.

        Every process needs the same :meth:`Context.set_session_id` and the same rules of
        verification, see :meth:`Context.set_ticket_keys`.  The Context is not kept alive,
        and leaves the fleet that it was attached to before.

        Raises TypeError for anything but a Context, ValueError for one of clients, RuntimeError
        after :meth:`close`.
        """
        check("context", context, Context, spelled="an OpenSSL.SSL.Context")
        if method_of(context) in (TLS_CLIENT_METHOD, DTLS_CLIENT_METHOD):
            raise ValueError("the Context is for clients, and a fleet keeps sessions of servers")
        self._refuse_if_closed()
        for each in list(_alive):
            if each is not self:  # which would go on to give it keys of its own
                each._contexts.discard(context)
        if sessions:
            self.sessions.attach(context)
        self.early.attach(context)
        self._apply(context)

    async def fetch(self, connection: Connection, hello: ClientHello) -> None:
        """Ask the store for a client's session in the background, when its hello has come.

        A ``client_hello_callback`` of :mod:`OpenSSL.aio`, for servers on asyncio whose clients
        have no tickets: else the event loop waits for the store, for ``patience`` seconds at
        most. It takes no longer itself, raises nothing, and accepts every client.
        """
        await self.sessions.fetch(connection, hello)

    def rotate(self) -> TicketKeys:
        """Add a key that encrypts as soon as everybody knows it; returns the new ring.

        Raises what the store raises, RuntimeError after :meth:`close`.
        """
        self._refuse_if_closed()
        ring = self.keeper.change(lambda ring, now: ring.rotated(now, at_once=True), time.time())
        self._apply()
        return ring

    def revoke(self) -> TicketKeys:
        """Replace all keys at once: no ticket made before is accepted any more.

        Other processes learn of it within ``refresh`` seconds.  Raises what the store raises,
        RuntimeError after :meth:`close`.
        """
        self._refuse_if_closed()
        ring = self.keeper.change(lambda ring, now: ring.revoked(now), time.time(), replace=True)
        self._apply()
        return ring

    def reports(self) -> list[Report]:
        """What every process of the fleet wrote about itself within the last half minute.

        Raises what the store raises.
        """
        return self.roster.read()

    def to_openmetrics(self) -> str:
        """The keys and all processes of the fleet as OpenMetrics text, ``# EOF`` included.

        `counters` has the same of this process alone.  Raises what the store raises.
        """
        return fleet_text(self.ring, self.roster.read(), time.time())

    def close(self) -> None:
        """Stop following the store and close it; Contexts keep the keys they have."""
        self._over.set()
        _alive.discard(self)
        if self._process == os.getpid():
            self._thread.join(START_PATIENCE)
            self._clock.join(START_PATIENCE)
        if not self._thread.is_alive():  # else the store answers nobody
            with contextlib.suppress(Exception):
                # It would end by itself a little later.
                self.roster.leave()
        self._limited.close()
        self.store.close()

    def _refuse_if_closed(self) -> None:
        # Nobody would look at the store for it any more.
        if self._over.is_set():
            raise RuntimeError("the fleet is closed")

    def __enter__(self) -> Fleet:
        self._refuse_if_closed()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _epoch_of(keeper: Keeper) -> Callable[[], int]:
    """How often the ring was revoked, as far as this process knows."""

    def epoch() -> int:
        ring = keeper.ring
        return 0 if ring is None else ring.epoch

    return epoch


# A child of a fork has none of its parent's threads.
_alive: weakref.WeakSet[Fleet] = weakref.WeakSet()


def _begin_again() -> None:
    for fleet in list(_alive):
        fleet.counters.after_fork()
        fleet.keeper.after_fork()
        fleet.roster.enter()
        fleet._reported = -REPORT_EVERY
        fleet._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
