"""Rules beside those that every case draws: rarely set, and each by a setter of its own.

An extra is set on a Context, or on a Connection, or on either; what a Context was given is taken
back when it gets other rules.  ``lasts`` says that sessions can stand for it, so that one has to be
resumed where nothing has changed.
"""

from __future__ import annotations

import datetime
import functools
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization

from kit import authority, contexts
from OpenSSL import SSL, crypto

Target = SSL.Context | SSL.Connection
FLAGS = crypto.X509StoreFlags
PAST = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)


@dataclass(frozen=True)
class Extra:
    """How it is set, told whether the side is a server; and how a Context loses it."""

    set: Callable[[Any, bool], object]
    clear: Callable[[SSL.Context], object] | None = None  # None: it stays
    context: bool = True
    connection: bool = True
    server: bool = True
    lenient: bool = False  # it refuses nobody
    lasts: bool = False


def policies(target: Target, _: bool) -> None:
    target.set_verify_policies(["1.2.3.4"])
    target.set_verify_flags(FLAGS.EXPLICIT_POLICY)


def no_policies(context: SSL.Context) -> None:
    context.set_verify_policies([])
    context.clear_verify_flags(FLAGS.EXPLICIT_POLICY | FLAGS.POLICY_CHECK)


def no_peer_key(*about: Any) -> bool:
    return about[1] != SSL.SECOP_PEER_EE_KEY


@functools.cache
def file_of(name: str) -> str:
    known = authority.authority() if name == "x" else authority.stranger_authority()
    path = Path(tempfile.mkdtemp()) / "root.pem"
    path.write_bytes(known.root.public_bytes(serialization.Encoding.PEM))
    return str(path)


def record(certificate: crypto.X509) -> bytes:
    key = certificate.to_cryptography().public_key()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(
        key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return digest.finalize()


def dane(end: SSL.Connection, data: bytes) -> None:
    end.get_context().dane_enable()
    end.dane_enable(b"brisk.test")
    end.add_tlsa(3, 1, 1, data)


def good_record(end: SSL.Connection, _: bool) -> None:
    from rule_sets import credentials

    dane(end, record(credentials("x", False)[0]))


def level(number: int) -> Callable[[SSL.Context, bool], object]:
    return lambda target, _: target.set_security_level(number)


@functools.cache
def usual_level() -> int:
    return contexts.blank_context().get_security_level()


def verifier(answer: bool) -> Callable[[SSL.Context, bool], object]:
    return lambda target, _: target.set_cert_verify_callback(lambda *_: answer)


def at(when: datetime.datetime | None) -> Callable[[Target, bool], object]:
    return lambda target, _: target.set_verify_time(
        when or datetime.datetime.now(datetime.timezone.utc)
    )


def staple(answer: bool) -> Callable[[SSL.Context, bool], object]:
    return lambda target, _: target.set_ocsp_client_callback(lambda *_: answer)


def plain(name: str, *values: Any) -> Callable[[Any, bool], object]:
    return lambda target, _: getattr(target, name)(*values)


EXTRAS: dict[str, Extra] = {
    "purpose": Extra(
        lambda target, server: target.set_purpose("sslclient" if server else "sslserver"),
        lambda context: context.set_purpose("any"),
        lenient=True,
        lasts=True,
    ),
    "other purpose": Extra(
        lambda target, server: target.set_purpose("sslserver" if server else "sslclient"),
        lambda context: context.set_purpose("any"),
        lasts=True,
    ),
    "in 2000": Extra(at(PAST), lambda context: context.set_verify_time(None)),
    "at this time": Extra(at(None), lambda context: context.set_verify_time(None), lenient=True),
    "level of keys": Extra(
        plain("set_verify_auth_level", 5),
        lambda context: context.set_verify_auth_level(-1),
        lasts=True,
    ),
    "policies": Extra(policies, no_policies, lasts=True),
    "believes all": Extra(
        verifier(True),
        lambda context: context.set_cert_verify_callback(None),
        connection=False,
        lenient=True,
    ),
    "believes nobody": Extra(
        verifier(False), lambda context: context.set_cert_verify_callback(None), connection=False
    ),
    "asked of security": Extra(
        plain("set_security_callback", lambda *_: True),
        lambda context: context.set_security_callback(None),
        lenient=True,
    ),
    "no key is good": Extra(
        plain("set_security_callback", no_peer_key),
        lambda context: context.set_security_callback(None),
    ),
    "level 3": Extra(
        level(3), lambda context: context.set_security_level(usual_level()), connection=False
    ),
    "level 5": Extra(
        level(5), lambda context: context.set_security_level(usual_level()), connection=False
    ),
    "signatures by RSA": Extra(
        plain("set_sigalgs_list", b"RSA-PSS+SHA256"),
        lambda context: context.set_sigalgs_list(b"ECDSA+SHA256:RSA-PSS+SHA256"),
        server=False,  # whose resumed sessions need no signature of its own
    ),
    "staple": Extra(
        staple(True),
        lambda context: context.set_ocsp_client_callback(None),
        connection=False,
        server=False,
        lenient=True,
    ),
    "no staple is good": Extra(
        staple(False),
        lambda context: context.set_ocsp_client_callback(None),
        connection=False,
        server=False,
    ),
    "logs": Extra(plain("enable_ct", True), server=False),
    "logs, if any": Extra(plain("enable_ct", False), server=False, lenient=True),
    "address": Extra(plain("set_ip_asc", "127.0.0.1"), context=False, server=False, lenient=True),
    "other address": Extra(plain("set_ip_asc", "192.0.2.1"), context=False, server=False),
    "mail": Extra(plain("set_email", "nobody@brisk.test"), context=False, server=False),
    "a second host": Extra(
        plain("add_host", b"else.test"), context=False, server=False, lenient=True
    ),
    "record": Extra(good_record, context=False, server=False),
    "other record": Extra(lambda end, _: dane(end, bytes(32)), context=False, server=False),
    "own store": Extra(
        lambda end, _: end.configure("VerifyCAFile", file_of("x")), context=False, lenient=True
    ),
    "other store": Extra(lambda end, _: end.configure("VerifyCAFile", file_of("y")), context=False),
}
#: What a Context has of them.
_given: weakref.WeakKeyDictionary[SSL.Context, str] = weakref.WeakKeyDictionary()


def names(server: bool) -> list[str]:
    return [name for name, extra in EXTRAS.items() if extra.server or not server]


def lenient(server: bool) -> list[str]:
    return [name for name in names(server) if EXTRAS[name].lenient]


def of_context(context: SSL.Context, name: str | None, server: bool) -> None:
    """Give a Context an extra, and take back what it had."""
    before = _given.get(context)
    if before is not None and before != name:
        clear = EXTRAS[before].clear
        if clear is not None:
            clear(context)
        del _given[context]
    if name is not None and EXTRAS[name].context:
        EXTRAS[name].set(context, server)
        _given[context] = name


def of_connection(end: SSL.Connection, name: str | None, server: bool) -> None:
    if name is not None and EXTRAS[name].connection:
        EXTRAS[name].set(end, server)
