"""A thousand hosts, their clients and one store, in simulated time.

The ring of keys and the way hosts agree on it are the real ones (`Keeper`, `TicketKeys`);
what is imagined is time, the network and the clients.  A host takes the keys of its ring
into force when it looks at the store, as `Fleet` does, by its own clock.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections import Counter

from OpenSSL.fleet import Counters, Policy, StoreError, TicketKeys
from OpenSSL.fleet.keeper import Keeper

__all__ = ["Plan", "World"]

SECRET = "a secret of the simulation"
HOUR = 3600


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is simulated; times are in seconds."""

    hosts: int = 1000
    clients: int = 200_000
    visits: int = 10_000_000
    duration: int = 72 * HOUR
    refresh: int = 60
    policy: Policy = dataclasses.field(default_factory=lambda: Policy(period=4 * HOUR))
    skew: float = 30.0  # each clock is wrong by up to so much, either way
    outages: tuple[tuple[int, int], ...] = ((10 * HOUR, 11 * HOUR), (30 * HOUR, 33 * HOUR))
    losses: tuple[int, ...] = (40 * HOUR,)  # when the store forgets everything
    restarts: float = 1.0  # of each host, a day
    timeout: int = 2 * HOUR  # of a session, where these lie in the store
    seed: int = 1


class Store:
    """The store, with its outages; it counts what it is asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.entries: dict[bytes, bytes] = {}
        self.asked: Counter[str] = Counter()

    def _ask(self, what: str) -> None:
        self.asked[what] += 1
        if self.world.is_out:
            raise StoreError("out")

    def get(self, key: bytes) -> bytes | None:
        self._ask("get")
        return self.entries.get(key)

    def swap(self, key: bytes, expected: bytes | None, value: bytes) -> bool:
        self._ask("swap")
        if self.entries.get(key) != expected:
            return False
        self.entries[key] = value
        return True

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        raise NotImplementedError("rings have no end")

    def add(self, key: bytes, value: bytes, seconds: float, since: float | None = None) -> bool:
        raise NotImplementedError("no early data is simulated")

    def remove(self, key: bytes) -> None:
        self.entries.pop(key, None)

    def close(self) -> None:
        """Nothing is held open."""


class Host:
    """A server: its clock, its ring, and the names of the keys in force."""

    def __init__(self, world: World, ahead: float) -> None:
        self.world = world
        self.ahead = ahead
        self.start()

    def start(self) -> None:
        """Be a new process, which knows nothing."""
        self.keeper = Keeper(self.world.store, SECRET, Counters(), policy=self.world.plan.policy)
        self.own: TicketKeys | None = None
        self.look()

    def look(self) -> None:
        """Read the store, and put the keys of now into force."""
        now = self.world.now + self.ahead
        try:
            ring = self.keeper.refresh(now)
        except StoreError:
            if self.keeper.ring is None and self.own is None:
                self.own = TicketKeys.generate(now, self.world.plan.policy)
            ring = self.keeper.ring or self.own
            assert ring is not None
        names = [key[:16] for key in ring.in_force(now)]
        self.encrypts = names[0]
        self.decrypts = frozenset(names)
        self.world.most_keys = max(self.world.most_keys, len(names))


class World:
    """Everything, and what is counted of it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = random.Random(plan.seed)
        self.now = 0.0
        self.is_out = False
        self.most_keys = 0
        self.store = Store(self)
        self.hosts = [
            Host(self, self.random.uniform(-plan.skew, plan.skew)) for _ in range(plan.hosts)
        ]
        #: Each client's ticket: the name of its key, and when it was given.
        self.tickets: dict[int, tuple[bytes, int]] = {}
        self.outcomes: Counter[str] = Counter()
        #: For each hour: visits with a ticket, those resumed, and questions to the store.
        self.hours: list[tuple[int, int, int]] = []

    def run(self) -> None:
        """Let all of the time pass."""
        plan = self.plan
        looks: list[list[Host]] = [[] for _ in range(plan.refresh)]
        for host in self.hosts:
            looks[self.random.randrange(plan.refresh)].append(host)
        restarts = plan.restarts * plan.hosts / 86400
        before = (0, 0, 0)
        for second in range(plan.duration):
            self.now = float(second)
            self.is_out = any(start <= second < end for start, end in plan.outages)
            if second in plan.losses:
                self.store.entries.clear()
            for host in looks[second % plan.refresh]:
                host.look()
            if self.random.random() < restarts:
                self.random.choice(self.hosts).start()
            self._visits(second, self._rate(second))
            if (second + 1) % HOUR == 0:
                before = self._close_hour(before)

    def _rate(self, second: int) -> int:
        """How many visits this second has: more by day than by night."""
        even = self.plan.visits / self.plan.duration
        wave = 1 + 0.6 * math.sin(2 * math.pi * second / 86400)
        return int(even * wave + self.random.random())

    def _visits(self, second: int, count: int) -> None:
        tickets, outcomes = self.tickets, self.outcomes
        lifetime = self.plan.policy.lifetime
        hosts = self.random.choices(self.hosts, k=count)
        clients = self.random.choices(range(self.plan.clients), k=count)
        for host, client in zip(hosts, clients, strict=True):
            kept = tickets.get(client)
            if kept is None or second - kept[1] > lifetime:
                outcomes["without a ticket"] += 1
            elif kept[0] in host.decrypts:
                outcomes["resumed"] += 1
            else:
                outcomes["full: key not known"] += 1
            tickets[client] = host.encrypts, second

    def _close_hour(self, before: tuple[int, int, int]) -> tuple[int, int, int]:
        resumed = self.outcomes["resumed"]
        now = self.tried, resumed, sum(self.store.asked.values())
        self.hours.append((now[0] - before[0], now[1] - before[1], now[2] - before[2]))
        return now

    @property
    def tried(self) -> int:
        """Visits with a ticket, resumed or not."""
        return self.outcomes["resumed"] + self.outcomes["full: key not known"]

    @property
    def hit_rate(self) -> float:
        """Which part of the visits with a ticket was resumed."""
        return self.outcomes["resumed"] / self.tried
