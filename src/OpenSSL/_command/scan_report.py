"""What a scan found, as a person reads it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .console import print_facts
from .printable import quantity
from .report import chain_rows
from .scan_outcome import ACCEPTED, FAILED, REFUSED, UNTRIED
from .target import Target

__all__ = ["show"]

_MARKS = {
    ACCEPTED: ("yes", "green"),
    REFUSED: ("no", "dim"),
    FAILED: ("failed", "bold red"),
    UNTRIED: ("not tried", "yellow"),
}
#: Versions nobody should speak any more (RFC 8996).
_OLD = ("TLSv1.0", "TLSv1.1", "DTLSv1.0")
_WEAK = ("NULL", "RC4", "DES-", "EXP", "ADH", "AECDH", "MD5")


def show(console: Console, data: dict[str, Any]) -> None:
    """Print what ``scan`` found."""
    console.print(_title(data))
    console.print()
    print_facts(console, [(each["version"], _version(each)) for each in data["versions"]])
    for each in data["versions"]:
        if each["suites"]:
            _suites(console, each)
    _section(console, "More", _traits(data))
    for place, certificate in enumerate(data["certificates"], 1):
        words = f"Certificate {place}, {certificate['key']}"
        rows = chain_rows(0, certificate["chain"][0])
        for link, issuer in enumerate(certificate["chain"][1:], 1):
            rows.append((f"{link}  subject", issuer["subject"]))
        _section(console, words, [*rows, ("   verified", _verified(certificate))])
    _section(console, "Not tried", _untried(data["not_tried"]))


def _title(data: dict[str, Any]) -> Text:
    peer = str(Target(data["host"], data["port"]))
    mark = ("scanned", "bold green") if data["complete"] else ("NOT COMPLETE", "bold red")
    counted = quantity(data["connections"], "connection")
    return Text.assemble((peer, "bold"), "  ", mark, f", {counted} in {data['seconds']:.1f} s")


def _mark(row: dict[str, Any], *, bad: bool = False) -> Text:
    words, style = _MARKS[row["outcome"]]
    if bad and row["outcome"] == ACCEPTED:
        style = "bold red"
    text = Text(words, style=style)
    if row["why"] and row["outcome"] in (FAILED, UNTRIED):
        text.append(f": {row['why']}", style="")
    return text


def _version(row: dict[str, Any]) -> Text:
    text = _mark(row, bad=row["version"] in _OLD)
    if row["suites"]:
        text.append(f", {quantity(len(row['suites']), 'suite')}", style="")
    if row["order"]:
        text.append(f", the {row['order']}'s order counts", style="")
    if row["outcome"] == ACCEPTED and row["why"]:
        text.append(f" ({row['why']})", style="")
    if row["cut_short"]:
        text.append(f"; there may be more: {row['cut_short']}", style="red")
    return text


def _suites(console: Console, row: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim", padding=(0, 2))
    for heading in (f"{row['version']} suite", "bits", "group"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "bits" else "left")
    for suite in row["suites"]:
        weak = any(each in suite["name"] for each in _WEAK)
        name = Text(suite["name"], style="bold red" if weak else "")
        table.add_row(name, str(suite["bits"] or 0), suite["group"] or "none")
    console.print()
    with console.capture() as taken:
        console.print(table)
    for line in taken.get().splitlines():
        console.print(Text.from_ansi(f"  {line.rstrip()}"), soft_wrap=True)


def _section(console: Console, title: str, rows: list[tuple[str, str | Text]]) -> None:
    if rows:
        console.print()
        console.print(Text(f"  {title}", style="bold"))
        print_facts(console, rows)


def _traits(data: dict[str, Any]) -> list[tuple[str, str | Text]]:
    rows: list[tuple[str, str | Text]] = []
    for key, label in (("groups", "Groups"), ("signatures", "Signatures"), ("alpn", "ALPN")):
        for version in dict.fromkeys(each["version"] for each in data[key]):
            some = [each for each in data[key] if each["version"] == version]
            rows.append((f"{label} {version}" if key != "alpn" else label, _accepted(some)))
    for each in data["resumption"]:
        rows.append((f"Resumption by {each['name']}", _mark(each)))
    early = _mark(data["early_data"])
    if data["early_data"]["bytes"]:
        early.append(f", {quantity(data['early_data']['bytes'], 'byte')} allowed", style="")
    rows.append(("Early data", early))
    for each in data["renegotiation"]:
        risky = each["name"] != "secure"
        text = _mark(each, bad=risky)
        if not risky and each["outcome"] == REFUSED:
            text = Text("NO", style="bold red")
        rows.append((f"Renegotiation, {each['name']}", text))
    rows.append(("Compression", _mark(data["compression"], bad=True)))
    rows.append(("Stapling", _mark(data["stapling"])))
    asked = data["client_certificate_asked"]
    rows.append(("Client certificate", "asked for" if asked else "not asked for"))
    return rows


def _accepted(rows: list[dict[str, Any]]) -> Text:
    taken = ", ".join(each["name"] for each in rows if each["outcome"] == ACCEPTED)
    text = Text(taken or "none of those tried", style="" if taken else "dim")
    failed = [each["name"] for each in rows if each["outcome"] == FAILED]
    if failed:
        text.append(f"; no answer: {', '.join(failed)}", style="red")
    return text


def _verified(certificate: dict[str, Any]) -> Text:
    if certificate["verified"]:
        return Text("chain and name", style="green")
    return Text("NO: " + "; ".join(certificate["problems"]), style="bold red")


def _untried(rows: list[dict[str, str]]) -> list[tuple[str, str | Text]]:
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(row["reason"], []).append(row["what"])
    return [("", f"{', '.join(what)}: {reason}") for reason, what in by_reason.items()]
