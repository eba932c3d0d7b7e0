"""What the scanners of others, and ours, say of one server, in the same words.

``Found.suites`` are OpenSSL's names by version; ``Found.traits`` what else a scanner tells: a
set of names, or whether there is such a thing.  A scanner that does not ask for something has
no such trait.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from reading import ROOT

from kit import authority
from kit.commands import brisk
from kit.programs import need, quiet_environment
from kit.scans import accepted
from kit.sockets import LOOPBACK

__all__ = ["SCANNERS", "VERSIONS", "Found", "ours"]

VERSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
#: What is one group, by the name in the registry of IANA.
_GROUPS = {"prime256v1": "secp256r1", "prime192v1": "secp192r1"}


@dataclass
class Found:
    """What one scanner found."""

    #: By version, in the scanner's order; none for a version that is not spoken.
    suites: dict[str, list[str]] = field(default_factory=dict)
    #: The suites that it asked for, where it says so.
    tried: dict[str, set[str]] | None = None
    traits: dict[str, frozenset[str] | bool] = field(default_factory=dict)


def _names(names: Any) -> frozenset[str]:
    return frozenset(_GROUPS.get(each.lower(), each.lower()) for each in names)


def ours(port: int) -> Found:
    trust = ("--cafile", authority.trust_file())
    done = brisk("scan", f"localhost:{port}", "-4", *trust, "--json")
    assert done.status == 0, done
    data = done.data
    rows = [row for row in data["versions"] if row["outcome"] == "accepted"]
    found = Found({row["version"]: [each["name"] for each in row["suites"]] for row in rows})
    for trait in ("groups", "signatures"):
        for version in VERSIONS:
            names = _names(accepted(data[trait], version=version))
            found.traits[f"{trait} {version}"] = names
    found.traits["groups"] = _names(accepted(data["groups"]))
    found.traits["alpn"] = frozenset(accepted(data["alpn"]))
    found.traits["keys"] = frozenset(each["key"] for each in data["certificates"])
    for kind in ("early_data", "compression", "stapling"):
        found.traits[kind] = data[kind]["outcome"] == "accepted"
    for row in data["resumption"] + data["renegotiation"]:
        if row["outcome"] != "not tried":
            found.traits[row["name"]] = row["outcome"] == "accepted"
    return found


def run(*arguments: str) -> None:
    done = subprocess.run(
        arguments,
        env=quiet_environment(),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        # sslscan would die of SIGPIPE when a server closes early; Python ignores it.
        restore_signals=False,
    )
    assert done.returncode >= 0, done


def sslscan(port: int, folder: Path) -> Found:
    path = folder / "sslscan.xml"
    run(
        *(need("sslscan"), f"--xml={path}", "--no-heartbleed", "--no-fallback", "--show-sigs"),
        *("--sni-name=localhost", f"{LOOPBACK}:{port}"),
    )
    tree = ElementTree.parse(path)
    found = Found()
    for row in tree.iter("cipher"):
        found.suites.setdefault(str(row.get("sslversion")), []).append(str(row.get("cipher")))
    kinds = {"groups": "group", "signatures": "connection-signature-algorithm"}
    for trait, tag in kinds.items():
        for version in ("TLSv1.2", "TLSv1.3"):
            names = [
                str(row.get("name")).partition(" ")[0]
                for row in tree.iter(tag)
                if row.get("sslversion") == version
            ]
            found.traits[f"{trait} {version}"] = _names(names)
    # Of several certificates it shows one; of an EC key it tells the strength, not the bits.
    return found


def sslyze(port: int, folder: Path) -> Found:
    program = shutil.which("sslyze") or shutil.which("sslyze", path=ROOT / ".build/scanners/bin")
    if program is None:
        pytest.skip("sslyze is not installed: tools/setup.sh scanners")
    path = folder / "sslyze.json"
    names = {version: version.replace("TLSv1.0", "TLSv1").lower() for version in VERSIONS}
    switches = [f"--{name.replace('.', '_')}" for name in names.values()]
    more = ("elliptic_curves", "reneg", "compression", "resum", "early_data", "certinfo")
    run(
        *(program, f"--json_out={path}", "--mozilla_config=disable", *switches),
        *(*(f"--{each}" for each in more), f"localhost:{port}"),
    )
    (data,) = json.loads(path.read_text(encoding="utf-8"))["server_scan_results"]
    assert data["scan_status"] == "COMPLETED", data["connectivity_error_trace"]
    results = {name: each["result"] for name, each in data["scan_result"].items() if each}
    found = Found(tried={})
    for version in VERSIONS:
        result = results[f"tls_{version[4:].replace('.', '_')}_cipher_suites"]
        taken, rejected = (
            [row["cipher_suite"]["openssl_name"] for row in result[f"{kind}_cipher_suites"]]
            for kind in ("accepted", "rejected")
        )
        assert found.tried is not None
        found.tried[version] = {*taken, *rejected}
        if result["is_tls_version_supported"]:
            found.suites[version] = taken
    found.traits.update(_traits_of_sslyze(results))
    return found


def _traits_of_sslyze(results: Mapping[str, Any]) -> dict[str, frozenset[str] | bool]:
    told: dict[str, frozenset[str] | bool] = {}
    curves = results["elliptic_curves"]["supported_curves"]
    told["groups"] = _names(each["name"] for each in curves)
    told["compression"] = results["tls_compression"]["supports_compression"]
    shown = results["certificate_info"]["certificate_deployments"]
    keys = (each["received_certificate_chain"][0]["public_key"] for each in shown)
    told["keys"] = frozenset(
        f"{key['algorithm'].removesuffix('PublicKey')} {key['key_size']} bits" for key in keys
    )
    told["stapling"] = any(each["ocsp_response"] for each in shown)
    # It has none of these where the server asks for a client certificate.
    if results["session_renegotiation"]:
        told["secure"] = results["session_renegotiation"]["supports_secure_renegotiation"]
        told["client-initiated"] = results["session_renegotiation"][
            "is_vulnerable_to_client_renegotiation_dos"
        ]
    if results["tls_1_3_early_data"]:
        told["early_data"] = results["tls_1_3_early_data"]["supports_early_data"]
    if results["session_resumption"]:
        for name, key in (("session id", "session_id"), ("ticket", "tls_ticket")):
            outcome = results["session_resumption"][f"{key}_resumption_result"]
            told[name] = outcome == "FULLY_SUPPORTED"
    return told


def testssl(port: int, folder: Path) -> Found:
    path = folder / "testssl.json"
    run(
        *(need("testssl"), "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"),
        *("--ip", LOOPBACK, "-p", "-E", "-f", "-S", "-R", "-C"),
        *("--jsonfile", str(path), f"localhost:{port}"),
    )
    found = Found()
    rows = json.loads(path.read_text(encoding="utf-8"))
    for row in rows:
        kind, _, _ = row["id"].rpartition("_")
        if kind.startswith("cipher-tls1"):
            version = f"TLSv1.{kind.partition('tls1')[2].lstrip('_') or '0'}"
            found.suites.setdefault(version, []).append(row["finding"].split()[3])
    said = {row["id"]: row["finding"] for row in rows}
    curves = said.get("PFS_ECDHE_curves", said.get("FS_ECDHE_curves", "")).split()
    found.traits["groups"] = _names([*curves, *said.get("DH_groups", "").split()])
    alpn = [said.get("ALPN_HTTP2", ""), *said.get("ALPN", "").split()]
    found.traits["alpn"] = frozenset(each for each in alpn if each in ("h2", "http/1.1"))
    keys = [finding for name, finding in said.items() if name.startswith("cert_keySize")]
    found.traits["keys"] = frozenset(" ".join(each.split()[:3]) for each in keys)
    for trait, name, word in (
        ("stapling", "OCSP_stapling", "offered"),
        ("session id", "sessionresumption_ID", "supported"),
        ("ticket", "sessionresumption_ticket", "supported"),
        ("secure", "secure_renego", "supported"),
        ("client-initiated", "secure_client_renego", "VULNERABLE"),
        ("compression", "CRIME_TLS", "VULNERABLE"),
    ):
        finding = next((said[each] for each in said if each.split()[0] == name), None)
        if finding is not None:
            found.traits[trait] = finding.startswith(word)
    return found


# Not a test, whatever its name.
testssl.__test__ = False  # type: ignore[attr-defined]

SCANNERS: Mapping[str, Callable[[int, Path], Found]] = {
    "sslscan": sslscan,
    "sslyze": sslyze,
    "testssl.sh": testssl,
}
