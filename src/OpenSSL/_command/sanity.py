"""What a server is refused at its start, because no client could use it."""

from __future__ import annotations

import contextlib

from OpenSSL import SSL, crypto

from .chain import has_ended, name_of, validity
from .console import warn
from .failures import Failure
from .refusals import reasons
from .scan_offers import GROUPS_1_2
from .settings import VERSIONS

__all__ = ["refuse_invalid", "refuse_unservable"]


def refuse_invalid(place: str, certificate: crypto.X509) -> None:
    """Raise :class:`Failure` if *certificate*, which is at *place*, does not hold now."""
    begins, ends = validity(certificate)
    if ends is not None and has_ended(ends):
        words = f"expired on {ends:%Y-%m-%d %H:%M} UTC"
    elif begins is not None and not has_ended(begins):
        words = f"does not hold before {begins:%Y-%m-%d %H:%M} UTC"
    else:
        return
    name = name_of(certificate.get_subject())
    raise Failure("file", f"{place}: the certificate of {name} {words}")


def refuse_unservable(context: SSL.Context, minimum: str | None, maximum: str | None) -> None:
    """Try a handshake of each version asked for; raise :class:`Failure` if none succeeds.

    What a version needs of ciphers, keys and the security level is known to libssl
    only, so it is asked: by a client that takes everything, in memory.
    """
    wanted = [
        each
        for each in VERSIONS
        if (minimum or "1.2") <= each <= (maximum or "1.3") or each in (minimum, maximum)
    ]
    failed = {each: _why(context, each) for each in wanted}
    rare = {each for each, why in failed.items() if why and not _why(context, each, _all_groups())}
    for each in rare:
        failed[each] = None
        warn(
            f"with TLS {each} only clients can connect that offer the curve of this certificate, "
            "which most do not"
        )
    for each, why in failed.items():
        if why and all(failed.values()):
            line = f"no client could connect: TLS {each} fails with {why!r}"
            raise Failure("usage", line + _advice(each))
        if why:
            warn(f"no client can connect with TLS {each} ({why}){_advice(each)}")


def _advice(version: str) -> str:
    if version < "1.2":
        return "; TLS 1.0 and 1.1 need --ciphers DEFAULT:@SECLEVEL=0"
    return "; see --ciphers, --min and --max"


def _all_groups() -> str:
    """Return all curves that certificates may have, of those that are known here."""
    known = []
    for each in GROUPS_1_2:
        with contextlib.suppress(SSL.Error):
            SSL.Context(SSL.TLS_CLIENT_METHOD).set_groups_list(each)
            known.append(each)
    return ":".join(known)


def _why(context: SSL.Context, version: str, groups: str = "") -> str | None:
    """Return OpenSSL's reason why nobody can connect with *version*, or None.

    The client offers what clients do by default, or these *groups*.
    """
    here = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if groups:
        here.set_groups_list(groups)
    here.set_cipher_list(b"ALL:@SECLEVEL=0")
    here.set_min_proto_version(VERSIONS[version])
    here.set_max_proto_version(VERSIONS[version])
    client, server = SSL.Connection(here, None), SSL.Connection(context, None)
    client.set_connect_state()
    server.set_accept_state()
    for _ in range(10):
        for end, other in ((client, server), (server, client)):
            why = _step(end)
            if why:
                return why
            _carry(end, other)
        if client.get_finished() and server.get_finished() and server.get_peer_finished():
            return None
    return "no end"


def _step(end: SSL.Connection) -> str | None:
    try:
        end.do_handshake()
    except SSL.WantReadError:
        return None
    except SSL.Error as error:
        return "; ".join(reasons(error)) or "unknown"
    return None


def _carry(source: SSL.Connection, target: SSL.Connection) -> None:
    try:
        target.bio_write(source.bio_read(1 << 20))
    except SSL.WantReadError:
        return
