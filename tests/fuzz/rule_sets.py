"""Rules of verification drawn at random, who is judged by them, and handshakes in memory."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import rule_extras
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from kit import authority
from OpenSSL import SSL, crypto

PEER, DEMAND, NONE = (
    SSL.VERIFY_PEER,
    SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
    SSL.VERIFY_NONE,
)
LATER = DEMAND | SSL.VERIFY_POST_HANDSHAKE
VERSIONS = ("TLS 1.2", "TLS 1.3", "DTLS 1.2")
WANTS = (SSL.WantReadError, SSL.WantWriteError)
TOO_LATE = ("rules of verification changed", "a session stands for a verification already")
TICKETS = [bytes([number]) * 80 for number in (1,)]
HOST = b"brisk.test"
Connected = tuple[SSL.Connection, SSL.Connection]


# ---- what rules are


@dataclass(frozen=True)
class Rules:
    """How one side judges the other's certificate."""

    mode: int = PEER
    trust: str = "x"  # names of authorities
    judge: str | None = None  # a callback: "yes", "no", "as it is"
    host: bytes | None = None  # a client asks for it
    flags: int = 0
    lists: str = ""  # lists of revoked certificates: "clean", "revoking"
    depth: int = 100
    service: bytes = b""  # a session id context
    shared: bool = False  # which other programs have, too
    weak: bool = False  # another security level
    extra: str | None = None  # see rule_extras


JUDGES: dict[str | None, Callable[..., bool] | None] = {
    None: None,
    "yes": lambda *_: True,
    "no": lambda *_: False,
    "as it is": lambda _end, _shown, _code, _depth, good: bool(good),
}


def draw(random: random.Random, server: bool) -> Rules:
    return Rules(
        mode=random.choice(
            (NONE, PEER, PEER, PEER, DEMAND, DEMAND, LATER) if server else (NONE, PEER, PEER)
        ),
        trust=random.choice(("x", "x", "y", "xy", "")),
        judge=random.choice((None,) * 6 + ("yes", "no", "as it is")),
        host=None if server else random.choice((None, None, HOST, HOST.upper(), b"else.test")),
        flags=random.choice((0, 0, 0, CRL_CHECK)),
        lists=random.choice(("", "", "clean", "revoking")),
        depth=random.choice((100, 100, 0)),
        service=random.choice((b"", b"service")),
        shared=random.random() < 0.5,
        weak=random.random() < 0.1,
        extra=random.choice((None, *rule_extras.names(server))),
    )


def near(random: random.Random, then: Rules, server: bool) -> Rules:
    """Often the same, or another in one thing only: these are what goes wrong."""
    if random.random() < 0.3:
        return then
    other = draw(random, server)
    if random.random() < 0.2:
        return other
    name = random.choice(
        (
            *("mode", "trust", "judge", "host", "flags", "lists", "depth", "weak", "shared"),
            *("extra",) * 6,
        )
    )
    return replace(then, **{name: getattr(other, name)})


CRL_CHECK = 0x4  # X509_V_FLAG_CRL_CHECK


# ---- certificates, made once


@functools.cache
def authorities() -> dict[str, authority.Authority]:
    return {"x": authority.authority(), "y": authority.stranger_authority()}


@functools.cache
def root(name: str) -> crypto.X509:
    return crypto.X509.from_cryptography(authorities()[name].root)


@functools.cache
def credentials(name: str, client: bool) -> tuple[crypto.X509, crypto.PKey, crypto.X509]:
    who = authorities()[name].issue(f"rules-{name}-{client}", client=client)
    return (
        crypto.X509.from_cryptography(who.certificate),
        crypto.PKey.from_cryptography_key(who.private_key),
        crypto.X509.from_cryptography(who.intermediates[0]),
    )


@functools.cache
def revocation(name: str, kind: str, client: bool) -> x509.CertificateRevocationList:
    issuer = authorities()[name]
    end = credentials(name, client)[0].to_cryptography()
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.intermediate.subject)
        .last_update(end.not_valid_before_utc)
        .next_update(end.not_valid_after_utc)
    )
    if kind == "revoking":
        entry = x509.RevokedCertificateBuilder().serial_number(end.serial_number)
        builder = builder.add_revoked_certificate(
            entry.revocation_date(end.not_valid_before_utc).build()
        )
    return builder.sign(issuer.intermediate_key, hashes.SHA256())  # type: ignore[arg-type]


# ---- contexts


def blank(version: str) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD if version.startswith("DTLS") else SSL.TLS_METHOD)
    number = {
        "TLS 1.2": SSL.TLS1_2_VERSION,
        "TLS 1.3": SSL.TLS1_3_VERSION,
        "DTLS 1.2": SSL.DTLS1_2_VERSION,
    }[version]
    context.set_min_proto_version(number)
    context.set_max_proto_version(number)
    return context


def identify(context: SSL.Context, name: str, client: bool) -> None:
    certificate, key, intermediate = credentials(name, client)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.add_extra_chain_cert(intermediate)


def judge_by(context: SSL.Context, rules: Rules, of_clients: bool) -> None:
    """Give a Context rules; it may have some already, and then it only learns more."""
    store = context.get_cert_store()
    assert store is not None
    for name in rules.trust:
        store.add_cert(root(name))
        if rules.lists:
            store.add_crl(revocation(name, rules.lists, of_clients))
    context.set_verify(rules.mode, JUDGES[rules.judge])
    context.set_verify_depth(rules.depth)
    context.clear_verify_flags(CRL_CHECK)
    context.set_verify_flags(rules.flags)
    if rules.service:
        context.set_session_id(rules.service, shared=rules.shared)
    if rules.weak:
        context.set_cipher_list(b"DEFAULT:@SECLEVEL=1")
    rule_extras.of_context(context, rules.extra, of_clients)


def judge_here(end: SSL.Connection, rules: Rules, server: bool) -> None:
    """Give a Connection what it can be given itself."""
    end.set_verify(rules.mode, JUDGES[rules.judge])
    if rules.host is not None:
        end.set_host(rules.host)
    rule_extras.of_connection(end, rules.extra, server)


# ---- handshakes


def move(source: SSL.Connection, target: SSL.Connection) -> bool:
    """One call, one datagram or more bytes; whether there was anything."""
    moved = False
    while True:
        try:
            target.bio_write(source.bio_read(65536))
        except SSL.WantReadError:
            return moved
        moved = True


def shake(server: SSL.Connection, client: SSL.Connection, data: bool = True) -> list[Any]:
    """How it ended for the server and for the client: None, or what was raised."""
    ends = (server, client)
    results: list[Any] = ["stands still", "stands still"]
    for _ in range(30):
        for place in (1, 0):
            if results[place] == "stands still":
                try:
                    ends[place].do_handshake()
                    results[place] = None
                except WANTS:
                    pass
                except SSL.Error as error:
                    results[place] = error
        if not move(client, server) | move(server, client):
            break
    if data and results == [None, None]:
        # Tickets come along; so does a refusal.
        for place, other in ((0, 1), (1, 0)):
            try:
                ends[place].send(b"data")
                move(ends[place], ends[other])
                ends[other].recv(100)
            except WANTS:
                pass
            except SSL.Error as error:
                results[other] = error
    return results
