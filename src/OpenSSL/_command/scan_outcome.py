"""One offer to a server, and what came of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from OpenSSL import SSL, crypto

from .dial import Call
from .failures import Failure
from .printable import printable
from .scan_hello import Hellos, ServerHello
from .settings import DTLS_VERSIONS, VERSIONS
from .trust import Verdict

__all__ = [
    "ACCEPTED",
    "FAILED",
    "REFUSED",
    "UNTRIED",
    "Offer",
    "Probe",
    "agreed",
    "cipher_string",
    "outcome",
    "words_of",
]

ACCEPTED, REFUSED, FAILED, UNTRIED = "accepted", "refused", "failed", "not tried"


@dataclass(frozen=True)
class Offer:
    """What one connection offers; None stands for all that the library has."""

    version: str | None = None
    suites: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    alpn: tuple[str, ...] = ()
    tickets: bool = True


@dataclass
class Probe:
    """What came of one offer."""

    offer: Offer
    outcome: str
    kind: str | None = None
    words: str = ""
    #: Whether the handshake came to its end, or went on until a certificate of ours was missed.
    convinced: bool = False
    certificate_asked: bool = False
    hello: ServerHello | None = None
    suite: str | None = None
    standard_name: str | None = None
    bits: int | None = None
    group: str | None = None
    alpn: str | None = None
    chain: list[crypto.X509] = field(default_factory=list)
    verdict: Verdict | None = None
    staple: dict[str, Any] | None = None
    #: What the action on the finished connection found.
    found: Any = None

    @property
    def accepted(self) -> bool:
        """Whether the server took the offer."""
        return self.outcome == ACCEPTED


def words_of(failure: Failure, call: Call) -> str:
    """Return the line of *failure* without what all lines of one scan begin with."""
    return failure.line.removeprefix(f"{call.what}: ").removeprefix("handshake: ")


def cipher_string(offer: Offer) -> str:
    """Return the suites of *offer* as OpenSSL reads them, whatever they are worth."""
    suites = offer.suites if offer.suites is not None else ("ALL", "COMPLEMENTOFALL")
    modern = [each for each in suites if each.startswith("TLS_")]
    older = [each for each in suites if not each.startswith("TLS_")]
    # The level counts for TLS 1.3 too, and a string needs a suite.
    return ":".join([*modern, *(older or ["ALL"]), "@SECLEVEL=0"])


def agreed(call: Call, hellos: Hellos) -> bool:
    """Whether the server took version and suite of a handshake that failed later."""
    hello, versions = hellos.received, VERSIONS
    if call.settings.datagrams:
        versions = DTLS_VERSIONS
    if hello is None or not call.connection.get_cipher_name():
        return False
    wanted = call.settings.minimum
    return wanted is None or hello.version == versions[wanted]


def outcome(call: Call, offer: Offer, hellos: Hellos) -> Probe:
    """Return what *call* negotiated, finished or not."""
    connection = call.connection
    alpn = connection.get_alpn_proto_negotiated()
    return Probe(
        offer,
        ACCEPTED,
        convinced=True,
        certificate_asked=call.certificate_asked,
        hello=hellos.received,
        suite=connection.get_cipher_name(),
        standard_name=connection.get_cipher_standard_name(),
        bits=connection.get_cipher_bits(),
        group=_group(connection),
        alpn=printable(alpn) if alpn else None,
        chain=list(connection.get_peer_cert_chain() or []),
        verdict=call.verdict,
        staple=call.staple_data or None,
    )


def _group(connection: SSL.Connection) -> str | None:
    """Return the group of the key exchange, or the size of one without a name."""
    with contextlib.suppress(NotImplementedError):
        name = connection.get_group_name()
        if name:
            return name
    key = connection.get_server_tmp_key()
    if key is None:
        return None
    kind, bits, name = key
    return f"DH {bits} bits" if kind == "DH" else name
