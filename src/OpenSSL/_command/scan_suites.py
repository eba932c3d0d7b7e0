"""Which versions a server speaks, with which cipher suites, and who chooses among them.

The server is offered everything; what it picks is left out of the next offer, until it
refuses.  So each suite costs one connection, and the order is the server's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .scan_offers import Offers
from .scan_outcome import FAILED, UNTRIED, Offer, Probe
from .scan_probes import Prober

__all__ = ["VersionFound", "find_version"]


@dataclass
class VersionFound:
    """What a server does with one version."""

    version: str
    first: Probe
    picks: list[Probe] = field(default_factory=list)
    #: "server" or "client", where there was something to choose.
    order: str | None = None
    #: Why the list of suites may have more.
    cut_short: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the server speaks it."""
        return self.first.accepted

    @property
    def suites(self) -> tuple[str, ...]:
        """The names of the suites that were picked."""
        return tuple(each.suite for each in self.picks if each.suite)


def find_version(prober: Prober, offers: Offers, version: str) -> VersionFound:
    """Find out whether *version* is spoken, its suites, and whose order counts."""
    names = list(offers.suites_of(version))
    groups = tuple(offers.groups["1.3" if version == "1.3" else "1.2"])
    probe = _ask(prober, Offer(version, tuple(names), groups))
    found = VersionFound(version, probe)
    _pick(prober, found, probe, names)
    # Some servers choose the certificate by the mere mention of ECDSA, and then refuse what
    # is left of the suites, though they would take those for RSA.
    plain = [name for name in names if "ECDSA" not in name]
    for some in (plain, [name for name in names if "ECDSA" in name]):
        if found.picks and not found.cut_short and 0 < len(some) < len(names):
            _pick(prober, found, _ask(prober, Offer(version, tuple(some), groups)), some)
    if len(found.picks) > 1 and not found.cut_short:
        found.order = _order(prober, found, groups)
    return found


def _pick(prober: Prober, found: VersionFound, probe: Probe, names: list[str]) -> None:
    """Note what *probe* picked of *names*, and offer the rest of them until it is refused."""
    while probe.accepted and probe.suite in names:
        found.picks.append(probe)
        names.remove(probe.suite)
        if not names:
            return
        offer = Offer(found.version, tuple(names), probe.offer.groups)
        probe = _ask(prober, offer)
    # Suites that the library itself cannot offer in this version are not asked for any more.
    if found.picks and (probe.outcome == FAILED or (probe.outcome == UNTRIED and prober.stopped)):
        found.cut_short = probe.words


def _ask(prober: Prober, offer: Offer) -> Probe:
    """Ask, and once more where there was no answer at all."""
    probe = prober.ask(offer)
    return prober.ask(offer) if probe.outcome == FAILED else probe


def _order(prober: Prober, found: VersionFound, groups: tuple[str, ...]) -> str | None:
    """Offer the suites in another order: does the same one win?"""
    backwards = list(reversed(found.suites))
    if "CHACHA20" in backwards[0] and len(backwards) > 2:
        # Servers may follow a client that puts ChaCha20 first, and their own order otherwise.
        backwards.append(backwards.pop(0))
    if backwards[0] == found.suites[0]:
        return None
    probe = _ask(prober, Offer(found.version, tuple(backwards), groups))
    if probe.suite == found.suites[0]:
        return "server"
    return "client" if probe.suite == backwards[0] else None
