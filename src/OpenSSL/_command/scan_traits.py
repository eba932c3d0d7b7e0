"""What else a server does: groups, signatures, ALPN, resumption, renegotiation.

Each function asks about one trait and returns :class:`Answer` after :class:`Answer`.
"""

from __future__ import annotations

from dataclasses import dataclass

from OpenSSL import SSL

from .dial import Call, settle
from .failures import Failure
from .refusals import from_stream
from .scan_offers import Offers
from .scan_outcome import ACCEPTED, FAILED, REFUSED, UNTRIED, Offer, Probe
from .scan_probes import Prober
from .scan_suites import VersionFound
from .waiting import Deadline, carry

__all__ = ["Answer", "alpn", "groups", "renegotiation", "resumption", "signatures"]

#: Seconds for the answer to a wish for a new handshake; many servers just ignore it.
_RENEGOTIATION = 2.0
_SHORT_OF_CERTIFICATE = "the server wants a client certificate first (see --cert)"


@dataclass(frozen=True)
class Answer:
    """What a server does with one thing that it was asked for."""

    name: str
    version: str
    outcome: str
    why: str | None = None
    #: For a resumed session of TLS 1.3: how many bytes it allows early, and what became of some.
    early_allowed: int = 0
    early_status: str = "not sent"


def groups(prober: Prober, offers: Offers, found: VersionFound) -> list[Answer]:
    """Ask for each group alone."""
    version = found.version
    names = offers.groups["1.3" if version == "1.3" else "1.2"]
    suites = _with_groups(found)
    if not suites:
        return []
    probes = {name: prober.ask(Offer(version, suites, (name,))) for name in names}
    taken = [name for name, probe in probes.items() if probe.convinced]
    for name, probe in probes.items():
        if version != "1.3" and probe.outcome == REFUSED and taken:
            # Before TLS 1.3 the groups also say which certificates a client can read.
            again = prober.ask(Offer(version, suites, (name, *taken)))
            if again.convinced and _same(again.group, name):
                probes[name] = again
    return [_answer(name, version, probe, strict=True) for name, probe in probes.items()]


def signatures(prober: Prober, offers: Offers, found: VersionFound) -> list[Answer]:
    """Ask for each signature algorithm alone."""
    version = found.version
    suites = found.suites if version == "1.3" else _ephemeral(found)
    if version not in offers.signatures or not suites:
        return []
    allowed = tuple(offers.groups["1.3" if version == "1.3" else "1.2"])
    answers = []
    for name, spelt in offers.signatures[version].items():
        probe = prober.ask(Offer(version, suites, allowed, (spelt,)))
        if probe.outcome == UNTRIED and probe.kind == "no-common-cipher":
            # libssl leaves out suites whose certificates could not sign in this way
            # (ssl_set_client_disabled, 3.0 to 4.0).
            answers.append(Answer(name, version, REFUSED, "no suite of the server goes with it"))
        else:
            answers.append(_answer(name, version, probe, strict=True))
    return answers


def alpn(prober: Prober, found: VersionFound, names: tuple[str, ...]) -> list[Answer]:
    """Ask for each application protocol alone."""
    answers = []
    for name in names:
        probe = prober.ask(Offer(found.version, alpn=(name,), suites=found.suites))
        if probe.accepted and probe.alpn != name:
            answers.append(Answer(name, found.version, REFUSED))
        else:
            answers.append(_answer(name, found.version, probe))
    return answers


def resumption(prober: Prober, found: VersionFound) -> list[Answer]:
    """Connect again with the previous session: by id, by ticket, or by PSK."""
    if found.version == "1.3":
        return [_resumed(prober, found, "psk", tickets=True)]
    return [
        _resumed(prober, found, "session id", tickets=False),
        _resumed(prober, found, "ticket", tickets=True),
    ]


def _resumed(prober: Prober, found: VersionFound, name: str, *, tickets: bool) -> Answer:
    probe = prober.ask(Offer(found.version, found.suites, tickets=tickets), _session)
    if _short_of_certificate(prober, probe):
        return Answer(name, found.version, UNTRIED, _SHORT_OF_CERTIFICATE)
    if probe.accepted and probe.kind:
        return Answer(name, found.version, FAILED, probe.words)
    if not probe.accepted:
        return _answer(name, found.version, probe)
    call, session = probe.found
    by_ticket = session is not None and session.has_ticket()
    if session is None or (found.version != "1.3" and by_ticket != tickets):
        return Answer(name, found.version, REFUSED, "no session to resume was given")
    try:
        second = prober.again(call)
    except Failure as failure:
        return Answer(name, found.version, FAILED, failure.line)
    if second.connection.session_reused():
        early = (second.early_allowed, second.early_status)
        return Answer(name, found.version, ACCEPTED, None, *early)
    return Answer(name, found.version, REFUSED, "a session was given, but not taken back")


def _session(call: Call) -> tuple[Call, SSL.Session | None]:
    """Return the session to come back with, and the call it is from."""
    if call.connection.get_protocol_version() == SSL.TLS1_3_VERSION:
        settle(call)
    session = call.connection.get_session()
    return call, session if session is not None and session.is_resumable() else None


def renegotiation(prober: Prober, found: VersionFound) -> list[Answer]:
    """Tell whether renegotiation is safe, and whether a client may begin one."""
    hello = found.first.hello
    secure = Answer("secure", found.version, UNTRIED, "no ServerHello was seen")
    if hello is not None:
        secure = Answer(
            "secure", found.version, ACCEPTED if hello.secure_renegotiation else REFUSED
        )
    name = "client-initiated"
    probe = prober.ask(Offer(found.version, found.suites), _renegotiate)
    if _short_of_certificate(prober, probe):
        return [secure, Answer(name, found.version, UNTRIED, _SHORT_OF_CERTIFICATE)]
    if not probe.accepted or probe.kind:
        return [secure, _answer(name, found.version, probe)]
    why = probe.found
    return [secure, Answer(name, found.version, REFUSED if why else ACCEPTED, why)]


def _renegotiate(call: Call) -> str | None:
    """Ask for a new handshake; return why there was none."""
    connection = call.connection
    before = connection.total_renegotiations()
    deadline = Deadline(min(_RENEGOTIATION, call.deadline.remaining()))
    try:
        connection.renegotiate()
        carry(connection.do_handshake, call.opened.socket, deadline, call.timer)
    except TimeoutError:
        return "the server ignored it"
    except (SSL.Error, OSError) as error:
        if isinstance(error, SSL.Error) and "no renegotiation" in str(error):
            return "the server refused it"
        if isinstance(error, SSL.Error) and error.alert is not None and not error.alert_sent:
            return "the server ended the connection"
        return _without_name(from_stream(error, call.what), call)
    if connection.total_renegotiations() == before or connection.renegotiate_pending():
        return "the server ignored it"
    return None


def _short_of_certificate(prober: Prober, probe: Probe) -> bool:
    """Whether it went no further because it lacked a certificate that we were not given."""
    given = prober.asked.settings.certificate
    return bool(probe.kind and probe.certificate_asked and not given)


def _without_name(failure: Failure, call: Call) -> str:
    return failure.line.removeprefix(f"{call.what}: ")


def _answer(name: str, version: str, probe: Probe, *, strict: bool = False) -> Answer:
    """Return a probe as an answer; *strict* where agreeing to a suite proves nothing yet."""
    if probe.accepted and strict and not probe.convinced:
        return Answer(name, version, REFUSED, probe.words)
    if probe.accepted:
        return Answer(name, version, ACCEPTED)
    return Answer(name, version, probe.outcome, probe.words)


def _with_groups(found: VersionFound) -> tuple[str, ...]:
    """Return the suites whose key exchange has a group, those with RSA certificates if any."""
    if found.version == "1.3":
        return found.suites
    all_of_them = tuple(name for name in found.suites if name.startswith("ECDHE"))
    return tuple(name for name in all_of_them if "-RSA-" in name) or all_of_them


def _ephemeral(found: VersionFound) -> tuple[str, ...]:
    """Return the suites in which the server signs its key."""
    return tuple(name for name in found.suites if name.startswith(("ECDHE", "DHE")))


_ALIASES = {"prime256v1": "secp256r1", "prime192v1": "secp192r1"}


def _same(group: str | None, name: str) -> bool:
    return group is not None and _ALIASES.get(group, group).lower() == name.lower()
