"""Everything that a scan found, ready for JSON; ``scan.schema.json`` says how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .handshake import described
from .scan_offers import Offers
from .scan_outcome import ACCEPTED, REFUSED, UNTRIED, Probe
from .scan_probes import Prober
from .scan_suites import VersionFound
from .scan_traits import Answer

__all__ = ["Findings", "summary"]


@dataclass
class Findings:
    """What came of all the questions of one scan."""

    prober: Prober
    offers: Offers
    versions: list[VersionFound] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)


def summary(findings: Findings, seconds: float) -> dict[str, Any]:
    """Return everything that was found, as *seconds* of scanning allowed."""
    prober = findings.prober
    asked = prober.asked
    kind = "DTLS" if asked.settings.datagrams else "TLS"
    return {
        "ok": True,
        "host": asked.target.host,
        "port": asked.target.port,
        "servername": asked.name,
        "starttls": asked.protocol,
        "complete": prober.stopped is None,
        "incomplete_because": prober.stopped,
        "connections": prober.connections,
        "seconds": seconds,
        "versions": [_version(each, kind) for each in findings.versions],
        **{
            name: [_answer(each, kind) for each in findings.answers.get(name, [])]
            for name in ("groups", "signatures", "alpn", "resumption", "renegotiation")
        },
        "early_data": _early_data(findings),
        "compression": _compression(findings),
        "stapling": _stapling(prober),
        "certificates": [_certificate(each) for each in prober.certificates()],
        "client_certificate_asked": prober.certificate_asked,
        "not_tried": [
            {"what": each.what, "reason": each.reason} for each in findings.offers.untried
        ],
    }


def _version(found: VersionFound, kind: str) -> dict[str, Any]:
    return {
        "version": _name(found.version, kind),
        "outcome": found.first.outcome,
        "why": found.first.words or None,
        "suites": [
            {
                "name": each.suite,
                "standard_name": each.standard_name,
                "bits": each.bits,
                "group": each.group,
            }
            for each in found.picks
        ],
        "order": found.order,
        "cut_short": found.cut_short,
    }


def _answer(answer: Answer, kind: str) -> dict[str, Any]:
    return {
        "name": answer.name,
        "version": _name(answer.version, kind),
        "outcome": answer.outcome,
        "why": answer.why,
    }


def _name(version: str, kind: str) -> str:
    return f"{kind}v{version}"


def _early_data(findings: Findings) -> dict[str, Any]:
    row: dict[str, Any] = {"outcome": REFUSED, "why": None, "bytes": 0}
    psk = [each for each in findings.answers.get("resumption", []) if each.name == "psk"]
    if not psk:
        return row | {"why": "only TLS 1.3 has it"}
    answer = psk[0]
    row["bytes"] = answer.early_allowed
    if answer.outcome != ACCEPTED:
        return row | {"outcome": UNTRIED, "why": "no session was resumed"}
    if not answer.early_allowed:
        return row | {"why": "its sessions allow none"}
    if answer.early_status == "not sent":
        return row | {"outcome": UNTRIED, "why": "its sessions allow too little to try"}
    if answer.early_status != "accepted":
        return row | {"why": "its sessions allow some, but it was not taken"}
    return row | {"outcome": ACCEPTED}


def _compression(findings: Findings) -> dict[str, Any]:
    older = [each for each in findings.versions if each.accepted and each.version != "1.3"]
    if not older:
        return {"outcome": REFUSED, "why": "TLS 1.3 has none"}
    hello = older[0].first.hello
    if hello is not None and hello.compression:
        return {"outcome": ACCEPTED, "why": None}
    if not findings.prober.offers_compression:
        return {"outcome": UNTRIED, "why": "this libssl has no compression"}
    return {"outcome": REFUSED, "why": None}


def _stapling(prober: Prober) -> dict[str, Any]:
    staples = [each.staple for each in prober.certificates() if each.staple]
    stapled = any(each["stapled"] for each in staples)
    return {"outcome": ACCEPTED if stapled else REFUSED if staples else UNTRIED, "why": None}


def _certificate(probe: Probe) -> dict[str, Any]:
    chain = described(probe.chain, pem=False)
    findings = probe.verdict.findings if probe.verdict else []
    return {
        "key": chain[0]["key"],
        "verified": not findings,
        "problems": [each.words for each in findings],
        "chain": chain,
        "ocsp": probe.staple,
    }
