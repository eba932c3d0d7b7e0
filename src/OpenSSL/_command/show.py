"""``show``: what is in a file of certificates, keys, requests or revocation lists."""

from __future__ import annotations

import datetime
import itertools
import re
from typing import Any

import click
from rich.text import Text

from OpenSSL import crypto

from . import report
from .chain import days_left, describe, has_ended, key_words, name_of, words_for_days
from .console import output, print_facts, print_json
from .contents import Contents
from .printable import printable, quantity
from .uris import shown

__all__ = ["gather", "show"]

EXAMPLES = """\b
Examples:
  brisktls show server.pem server.key
  brisktls show request.csr
  brisktls show bundle.p12 --json
"""

_DER = crypto.FILETYPE_ASN1
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: X509_V_FLAG_NO_CHECK_TIME: an expired certificate has its issuer all the same.
_ANY_TIME = 0x200000


@click.command(epilog=EXAMPLES)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(paths: tuple[str, ...], as_json: bool) -> None:
    """Show what is in FILE: PEM, DER or PKCS #12, in any order, or what a URI names.

    Certificates, requests and revocation lists with names and dates, whether each
    certificate is certified by the next, and whether a key belongs to one of them.
    """
    data = gather(paths)
    if as_json:
        print_json(data)
        return
    console = output()
    if data["certificates"]:
        report.show_chain(console, data["certificates"], "as in the files")
    for place, section in enumerate(_sections(data)):
        if place or data["certificates"]:
            console.print()
        print_facts(console, section)
    for remark in data["remarks"]:
        console.print(Text(f"\n  {remark}", style="yellow"), soft_wrap=True)


def gather(paths: tuple[str, ...]) -> dict[str, Any]:
    """Return what is in the files at *paths*, ready for JSON; ``show.schema.json`` says how."""
    found = Contents()
    for path in paths:
        found.take(path)
    certificates = [each for _, each in found.certificates]
    keys = [_key(path, each, certificates) for path, each in found.keys]
    lonely = [each["file"] for each in keys if certificates and not each["belongs_to"]]
    return {
        "certificates": [_file(path) | describe(each) for path, each in found.certificates],
        "keys": keys,
        "requests": [_request(path, each) for path, each in found.requests],
        "revocation_lists": [_list(path, each) for path, each in found.lists],
        "remarks": [
            *_order(certificates),
            *(f"the key in {path} does NOT fit any of these certificates" for path in lonely),
        ],
    }


def _sections(data: dict[str, Any]) -> list[list[tuple[str, str | Text]]]:
    sections: list[list[tuple[str, str | Text]]] = []
    for each in data["keys"]:
        half = "private" if each["private"] else "public"
        rows: list[tuple[str, str | Text]] = [("Key", f"{each['key']}, {half}, in {each['file']}")]
        if each["belongs_to"]:
            rows.append(("  fits", Text("; ".join(each["belongs_to"]), style="green")))
        elif data["certificates"]:
            rows.append(("  fits", Text("none of these certificates", style="bold red")))
        sections.append(rows)
    for each in data["requests"]:
        rows = [("Request for", Text(each["subject"], style="bold"))]
        if each["names"]:
            rows.append(("  names", ", ".join(each["names"])))
        holds = Text("holds", style="green")
        if not each["signature_holds"]:
            holds = Text("does NOT hold", style="bold red")
        sections.append([*rows, ("  key", each["key"]), ("  signature", holds)])
    for each in data["revocation_lists"]:
        rows = [("Revoked by", Text(each["issuer"], style="bold")), ("  valid", _valid(each))]
        sections.append([*rows, ("  revokes", quantity(each["entries"], "certificate"))])
    return sections


def _valid(data: dict[str, Any]) -> Text:
    begins = (data["last_update"] or "unreadable")[:10]
    if data["next_update"] is None:
        return Text(f"since {begins}, without an end")
    words = words_for_days(data["days_left"], data["expired"])
    style = "red" if data["expired"] else "green"
    return Text.assemble(f"{begins} to {data['next_update'][:10]}, ", (words, style))


def _file(path: str) -> dict[str, Any]:
    return {"file": shown(path)}


def _public(key: crypto.PKey) -> bytes:
    return crypto.dump_publickey(_DER, key)


def _same(certificate: crypto.X509, key: crypto.PKey) -> bool:
    try:
        return _public(certificate.get_pubkey()) == _public(key)
    except crypto.Error:
        return False


def _key(path: str, key: crypto.PKey, certificates: list[crypto.X509]) -> dict[str, Any]:
    return {
        **_file(path),
        "key": key_words(key),
        "private": not key.only_public,
        "belongs_to": [name_of(each.get_subject()) for each in certificates if _same(each, key)],
    }


def _request(path: str, request: crypto.X509Req) -> dict[str, Any]:
    holds, words = False, "unreadable"
    try:
        key = request.get_pubkey()
        words = key_words(key)
        holds = request.verify(key)
    except crypto.Error:
        pass
    return {
        **_file(path),
        "subject": name_of(request.get_subject()),
        "names": _names(request),
        "key": words,
        "signature_holds": holds,
    }


def _names(request: crypto.X509Req) -> list[str]:
    """Return the names that *request* wants beside its subject: ``DNS:localhost``."""
    try:
        wanted = [
            str(each)
            for each in request.get_extensions()
            if each.get_short_name() == b"subjectAltName"
        ]
    except crypto.Error:
        return []
    return [printable(name.strip(), 255) for text in wanted for name in text.split(",")]


def _list(path: str, crl: crypto.CRL) -> dict[str, Any]:
    text = crypto.dump_crl(crypto.FILETYPE_TEXT, crl).decode("utf-8", "replace")
    begins, ends = (_moment(text, label) for label in ("Last Update", "Next Update"))
    return {
        **_file(path),
        "issuer": name_of(crl.get_issuer()),
        "last_update": begins.isoformat() if begins else None,
        "next_update": ends.isoformat() if ends else None,
        "days_left": days_left(ends) if ends else None,
        "expired": has_ended(ends) if ends else None,
        "entries": len(crl.get_revoked() or ()),
    }


def _moment(text: str, label: str) -> datetime.datetime | None:
    """Return a moment from the text that OpenSSL makes; strptime would read months by locale."""
    wanted = rf"^ +{label}: (\w{{3}}) +(\d+) (\d+):(\d+):(\d+) (\d{{4}}) GMT$"
    found = re.search(wanted, text, re.MULTILINE)
    if not found or found[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = (int(each) for each in found.groups()[1:])
    month = _MONTHS.index(found[1]) + 1
    utc = datetime.timezone.utc
    return datetime.datetime(year, month, day, hour, minute, second, tzinfo=utc)


def _order(certificates: list[crypto.X509]) -> list[str]:
    """Say which certificate is not certified by the one behind it."""
    return [
        f"{name_of(lower.get_subject())} is not certified by the next, "
        f"{name_of(upper.get_subject())}{why}"
        for lower, upper in itertools.pairwise(certificates)
        if (why := _objection(lower, upper)) is not None
    ]


def _objection(lower: crypto.X509, upper: crypto.X509) -> str | None:
    """Return why *upper* did not certify *lower*, "" where names say it; None if it did."""
    if lower.get_issuer() != upper.get_subject():
        return ""
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | _ANY_TIME)
    try:
        store.add_cert(upper)
        crypto.X509StoreContext(store, lower).verify_certificate()
    except crypto.X509StoreContextError as error:
        return f": the name is the same, but {error}"
    except crypto.Error:
        return ": the name is the same, but it cannot be verified"
    return None
