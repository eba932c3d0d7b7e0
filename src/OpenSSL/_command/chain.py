"""A certificate as a person or a program wants to see it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

from OpenSSL import crypto

from .printable import printable, quantity

__all__ = [
    "alternative_names",
    "days_left",
    "describe",
    "has_ended",
    "key_words",
    "name_of",
    "presented",
    "validity",
    "words_for_days",
]

_KEY_KINDS = {
    crypto.TYPE_RSA: "RSA",
    crypto.TYPE_DSA: "DSA",
    crypto.TYPE_EC: "EC",
    # The numbers (NID_*) of the kinds that have no TYPE_ constant of their own.
    912: "RSA-PSS",
    1087: "Ed25519",
    1088: "Ed448",
}


def describe(certificate: crypto.X509) -> dict[str, Any]:
    """Return what there is to tell about *certificate*, ready for JSON."""
    begins, ends = validity(certificate)
    return {
        "subject": name_of(certificate.get_subject()),
        "issuer": name_of(certificate.get_issuer()),
        "names": alternative_names(certificate),
        "not_before": begins.isoformat() if begins else None,
        "not_after": ends.isoformat() if ends else None,
        "days_left": days_left(ends) if ends else None,
        "expired": has_ended(ends) if ends else None,
        "key": _key(certificate),
        "signature": _signature(certificate),
        "serial": f"{certificate.get_serial_number():x}",
        "sha256": certificate.digest("sha256").decode("ascii").replace(":", "").lower(),
    }


def name_of(name: crypto.X509Name) -> str:
    """Return a distinguished name as ``CN=host, O=organisation``, most telling part first."""
    parts = [
        (printable(key), printable(value, 100)) for key, value in reversed(name.get_components())
    ]
    return ", ".join(f"{key}={value}" for key, value in parts) or "(empty name)"


def alternative_names(certificate: crypto.X509) -> list[str]:
    """Return the host names and addresses that *certificate* is for; none where unreadable."""
    wanted = ("DNS", "IP")
    try:
        pairs: Sequence[tuple[str, str]] = certificate.get_subject_alt_names()
    except crypto.Error:
        return []
    return [printable(value, 255) for kind, value in pairs if kind.startswith(wanted)]


def validity(
    certificate: crypto.X509,
) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """Return the first and the last moment of *certificate*, in UTC; None where unreadable."""
    return _moment(certificate.get_notBefore), _moment(certificate.get_notAfter)


def days_left(ends: datetime.datetime) -> int:
    """Return the whole days until *ends*; once it is over, those since then, negative.

    Both are rounded towards now, so that every place says the same number: a
    certificate that expired 36 hours ago has -1 days left.  In the first day
    that is 0, hence :func:`has_ended` beside it.
    """
    return int(_seconds_left(ends) / 86400)


def has_ended(ends: datetime.datetime) -> bool:
    """Return whether *ends* is over."""
    return _seconds_left(ends) < 0


def words_for_days(days: int, expired: bool) -> str:
    """Return a sentence part for a number of days left: ``expired 3 days ago``."""
    if expired:
        return f"expired {quantity(-days, 'day')} ago" if days else "expired today"
    return f"{quantity(days, 'day')} left"


def presented(verified: Sequence[crypto.X509], sent: Sequence[crypto.X509]) -> dict[str, Any]:
    """Return the chain as the peer sent it, beside the one it was verified by.

    Each certificate has its subject, its issuer and its place in the verified chain,
    None where that does without it; remarks say what is not as RFC 8446, section
    4.4.2, wants it.
    """
    places = {certificate.digest("sha256"): place for place, certificate in enumerate(verified)}
    rows = [
        {
            "subject": name_of(each.get_subject()),
            "issuer": name_of(each.get_issuer()),
            "verified_at": places.get(each.digest("sha256")),
        }
        for each in sent
    ]
    remarks = []
    for row in rows:
        if row["verified_at"] is None:
            remarks.append(f"sent for nothing: {row['subject']} leads nowhere")
        elif row["subject"] == row["issuer"] and row["verified_at"]:
            remarks.append(f"sent for nothing: {row['subject']} is the root, which is known here")
    order = [row["verified_at"] for row in rows if row["verified_at"] is not None]
    if order != sorted(order):
        remarks.append("sent in the wrong order: each certificate must certify the one before it")
    return {"certificates": rows, "remarks": remarks}


def _seconds_left(ends: datetime.datetime) -> float:
    return (ends - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def _moment(ask: Callable[[], bytes | None]) -> datetime.datetime | None:
    try:
        text = ask() or b""
        moment = datetime.datetime.strptime(text.decode("ascii"), "%Y%m%d%H%M%SZ")
    except (ValueError, crypto.Error):
        return None
    return moment.replace(tzinfo=datetime.timezone.utc)


def key_words(key: crypto.PKey) -> str:
    """Return kind and size of *key*: ``EC 256 bits``."""
    return f"{_KEY_KINDS.get(key.type(), f'kind {key.type()}')} {quantity(key.bits(), 'bit')}"


def _key(certificate: crypto.X509) -> str:
    try:
        return key_words(certificate.get_pubkey())
    except crypto.Error:
        return "unreadable"


def _signature(certificate: crypto.X509) -> str:
    try:
        return printable(certificate.get_signature_algorithm(), 60)
    except (ValueError, crypto.Error):
        return "unknown"
