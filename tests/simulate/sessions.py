"""The same fleet without tickets: its sessions lie in the store.

What the real one does per handshake is what is simulated: one question, by a host whose circuit
breaker lets it (the real `Breaker`, by simulated time), and what is kept afterwards.  An entry
is opened by hosts with the same number of revocations, and is good for as long as
libssl takes the session, by the clock of each host.
"""

from __future__ import annotations

from collections import Counter, deque

from world import Host, Plan, World

from OpenSSL.fleet import StoreError
from OpenSSL.fleet.limits import Breaker

__all__ = ["SessionWorld"]


class SessionWorld(World):
    """A `World` in which each visit asks the store for its session."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.breakers = {host: Breaker(clock=lambda: self.now) for host in self.hosts}
        #: Each client's session: when it was made by its host's clock, under how many
        #: revocations, and when it was kept; -1 where the store did not take it.
        self.sessions: dict[int, tuple[float, int, int]] = {}
        self.entries: deque[tuple[int, int]] = deque()  # when they end, and how many
        self.live = 0  # entries in the store
        self.most_live = 0
        self.lost = 0
        self.live_hours: list[int] = []

    def _ask_store(self, host: Host, what: str) -> bool:
        """Whether the store did it; a host asks no store that it takes to be away."""
        breaker = self.breakers[host]
        if not breaker.lets_through():
            self.outcomes["questions left out"] += 1
            return False
        try:
            self.store._ask(what)
        except StoreError:
            breaker.tell(False)
            return False
        breaker.tell(True)
        return True

    def _visits(self, second: int, count: int) -> None:
        if second in self.plan.losses:
            self.entries.clear()
            self.live, self.lost = 0, second
        while self.entries and self.entries[0][0] <= second:
            self.live -= self.entries.popleft()[1]
        made = Counter[str]()
        hosts = self.random.choices(self.hosts, k=count)
        clients = self.random.choices(range(self.plan.clients), k=count)
        for host, client in zip(hosts, clients, strict=True):
            self._visit(host, client, second, made)
        if made["entries"]:
            self.entries.append((second + self.plan.timeout, made["entries"]))
            self.live += made["entries"]
            self.most_live = max(self.most_live, self.live)
        if (second + 1) % 3600 == 0:
            self.live_hours.append(self.live)

    def _visit(self, host: Host, client: int, second: int, made: Counter[str]) -> None:
        epoch = 0 if host.keeper.ring is None else host.keeper.ring.epoch
        resumed = self._resumes(host, client, second, epoch)
        # A full handshake gives two sessions, a resumed one another (TLS 1.3).
        kept = sum(self._ask_store(host, "session put") for _ in range(1 if resumed else 2))
        made["entries"] += kept
        self.sessions[client] = second + host.ahead, epoch, second if kept else -1

    def _resumes(self, host: Host, client: int, second: int, epoch: int) -> bool:
        session = self.sessions.get(client)
        if session is None or second + host.ahead - session[0] > self.plan.timeout:
            self.outcomes["without a session"] += 1
            return False
        if not self._ask_store(host, "session get"):
            self.outcomes["full: the store is away"] += 1
            return False
        if session[2] < self.lost or second >= session[2] + self.plan.timeout:
            self.outcomes["full: not in the store"] += 1
            return False
        if session[1] != epoch:
            self.outcomes["full: revoked"] += 1
            return False
        self.outcomes["resumed"] += 1
        return True

    @property
    def tried(self) -> int:
        """Visits with a session, resumed or not."""
        return sum(
            count
            for what, count in self.outcomes.items()
            if what == "resumed" or what.startswith("full: ")
        )
