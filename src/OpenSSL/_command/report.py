"""What a handshake looks like to a person."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from .chain import words_for_days
from .console import print_facts
from .printable import quantity
from .target import Target

__all__ = ["chain_rows", "show", "show_chain"]


def show(console: Console, data: dict[str, Any]) -> None:
    """Print the report that ``connect`` makes of one connection."""
    console.print(_title(data))
    console.print()
    print_facts(console, _rows(data))
    console.print()
    show_chain(console, data["chain"], data["chain_kind"])
    for line in data["presented"]["remarks"]:
        console.print()
        console.print(Text(f"  {line}", style="yellow"), soft_wrap=True)


def show_chain(console: Console, chain: list[dict[str, Any]], kind: str) -> None:
    """Print certificates, leaf first, with names and dates."""
    console.print(Text(f"  Chain, {kind}", style="bold"))
    for place, certificate in enumerate(chain):
        console.print()
        print_facts(console, chain_rows(place, certificate))
        if "pem" in certificate:
            console.print()
            console.out(certificate["pem"], end="", highlight=False)


def chain_rows(place: int, certificate: dict[str, Any]) -> list[tuple[str, str | Text]]:
    """Return the lines about one certificate of a chain."""
    rows: list[tuple[str, str | Text]] = [
        (f"{place}  subject", Text(certificate["subject"], style="bold")),
    ]
    names = certificate["names"]
    if names:
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        rows.append(("   names", ", ".join(names[:6]) + more))
    if certificate["issuer"] == certificate["subject"]:
        rows.append(("   issuer", "itself"))
    else:
        rows.append(("   issuer", certificate["issuer"]))
    rows.append(("   valid", _validity(certificate)))
    rows.append(("   key", f"{certificate['key']}, signed with {certificate['signature']}"))
    return rows


def _validity(certificate: dict[str, Any]) -> Text:
    begins, ends, days = (certificate[key] for key in ("not_before", "not_after", "days_left"))
    if ends is None:
        return Text("unreadable dates", style="red")
    expired = certificate["expired"]
    style = "red" if expired else "yellow" if days < 14 else "green"
    period = f"{(begins or 'unreadable')[:10]} to {ends[:10]}, "
    return Text.assemble(period, (words_for_days(days, expired), style))


def _title(data: dict[str, Any]) -> Text:
    peer = str(Target(data["host"], data["port"]))
    verified = data["verification"]["verified"]
    mark = ("verified", "bold green") if verified else ("NOT VERIFIED", "bold red")
    return Text.assemble((peer, "bold"), "  ", data["protocol"], "  ", mark)


def _rows(data: dict[str, Any]) -> list[tuple[str, str | Text]]:
    times = data["seconds"]
    shown = [f"{words} {_time(times[key])}" for key, words in _TIMES if times.get(key) is not None]
    rows: list[tuple[str, str | Text]] = [
        ("Address", f"{data['address']} ({data['family']})"),
        ("Times", ", ".join(shown)),
        ("Protocol", data["protocol"] + _through(data)),
        ("Cipher", f"{data['cipher']}, {data['cipher_bits']} bits"),
        ("Group", data["group"] or "not known"),
        ("Server name", data["servername"] or "none sent"),
        ("ALPN", _alpn(data)),
        ("Verified", _verified(data["verification"])),
        ("OCSP", _ocsp(data["ocsp"])),
        ("Session", _session(data["session"], data["resumption"])),
    ]
    if data["resumption"]:
        rows.append(("Early data", _early_data(data["resumption"])))
    rows.append(("Our cert", _ours(data)))
    authorities = data["client_authorities"]
    if authorities:
        more = f" and {len(authorities) - 6} more" if len(authorities) > 6 else ""
        rows.append(("  from", "; ".join(authorities[:6]) + more))
    return rows


_TIMES = (
    ("resolve", "resolve"),
    ("connect", "connect"),
    ("starttls", "starttls"),
    ("handshake", "handshake"),
)


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _through(data: dict[str, Any]) -> str:
    return f" after STARTTLS over {data['starttls']}" if data["starttls"] else ""


def _alpn(data: dict[str, Any]) -> str:
    offered = ", ".join(data["alpn_offered"])
    if not offered:
        return "none offered"
    return f"{data['alpn'] or 'none chosen'} (offered {offered})"


def _verified(verification: dict[str, Any]) -> Text:
    if verification["verified"]:
        return Text(f"chain, and the name {verification['name']}", style="green")
    problems = verification["problems"] or ["no objection found, but nothing was enforced"]
    return Text("NO (--insecure): " + "; ".join(problems), style="bold red")


def _ocsp(ocsp: dict[str, Any]) -> Text:
    size = quantity(ocsp["bytes"], "byte")
    if ocsp["status"] == "none":
        return Text("no response stapled")
    if ocsp["status"] == "good":
        until = f", until {ocsp['next_update'][:10]}" if ocsp["next_update"] else ""
        return Text(f"response stapled: good{until} ({size})", style="green")
    return Text(f"{ocsp['words']} ({size})", style="bold red")


def _session(session: dict[str, Any], resumption: dict[str, Any] | None) -> str:
    if not session["resumable"]:
        words = "new, not resumable (so far)"
    elif session["ticket"]:
        words = f"new, resumable by ticket for {_span(session['lifetime_hint'])}"
    else:
        words = "new, resumable by session id"
    if resumption is None:
        return words
    if not resumption["resumed"]:
        return f"{words}; offered again it was NOT resumed"
    return f"{words}; offered again it was resumed in {_time(resumption['seconds'])}"


def _early_data(resumption: dict[str, Any]) -> str:
    if not resumption["early_data"]:
        return "none allowed"
    allowed = quantity(resumption["early_data"], "byte")
    told = {"accepted": "an empty line was taken", "rejected": "an empty line was NOT taken"}
    return f"{allowed} allowed; {told.get(resumption['early_data_status'], 'not tried')}"


def _span(seconds: int | None) -> str:
    if not seconds:
        return "an unstated time"
    if seconds % 3600 == 0:
        return quantity(seconds // 3600, "hour")
    return quantity(seconds, "second") if seconds < 120 else quantity(seconds // 60, "minute")


def _ours(data: dict[str, Any]) -> str:
    if not data["client_certificate_asked"]:
        return "not asked for"
    return "asked for, sent" if data["client_certificate_sent"] else "asked for, none sent"
