"""``scan`` and the scanners of others find the same in the same servers."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("click")

from reading import ROOT

from kit import authority
from kit.commands import brisk
from kit.programs import need, quiet_environment
from kit.scanned import SERVERS
from kit.sockets import LOOPBACK
from OpenSSL._command.scan_offers import offers

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

VERSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")


@dataclass
class Found:
    """Suites by version, by OpenSSL's names; none for a version that is not spoken."""

    suites: dict[str, set[str]] = field(default_factory=dict)
    #: What a scanner asked for, where it says so.
    tried: dict[str, set[str]] | None = None


def ours(port: int) -> Found:
    trust = ("--cafile", authority.trust_file())
    done = brisk("scan", f"localhost:{port}", "-4", *trust, "--json")
    assert done.status == 0, done
    rows = [row for row in done.data["versions"] if row["outcome"] == "accepted"]
    return Found({row["version"]: {each["name"] for each in row["suites"]} for row in rows})


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
        *(need("sslscan"), f"--xml={path}", "--no-heartbleed", "--no-fallback"),
        *("--sni-name=localhost", f"{LOOPBACK}:{port}"),
    )
    found = Found()
    for row in ElementTree.parse(path).iter("cipher"):
        found.suites.setdefault(str(row.get("sslversion")), set()).add(str(row.get("cipher")))
    return found


def sslyze(port: int, folder: Path) -> Found:
    program = shutil.which("sslyze") or shutil.which("sslyze", path=ROOT / ".build/scanners/bin")
    if program is None:
        pytest.skip("sslyze is not installed: tools/setup.sh scanners")
    path = folder / "sslyze.json"
    names = {version: version.replace("TLSv1.0", "TLSv1").lower() for version in VERSIONS}
    switches = [f"--{name.replace('.', '_')}" for name in names.values()]
    run(program, f"--json_out={path}", "--mozilla_config=disable", *switches, f"localhost:{port}")
    (data,) = json.loads(path.read_text(encoding="utf-8"))["server_scan_results"]
    assert data["scan_status"] == "COMPLETED", data["connectivity_error_trace"]
    found = Found(tried={})
    for version in VERSIONS:
        key = f"tls_{version[4:].replace('.', '_')}_cipher_suites"
        result = data["scan_result"][key]["result"]
        accepted, rejected = (
            {row["cipher_suite"]["openssl_name"] for row in result[f"{kind}_cipher_suites"]}
            for kind in ("accepted", "rejected")
        )
        assert found.tried is not None
        found.tried[version] = accepted | rejected
        if result["is_tls_version_supported"]:
            found.suites[version] = accepted
    return found


def testssl(port: int, folder: Path) -> Found:
    path = folder / "testssl.json"
    run(
        *(need("testssl"), "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"),
        *("--ip", LOOPBACK, "-p", "-E", "--jsonfile", str(path), f"localhost:{port}"),
    )
    found = Found()
    for row in json.loads(path.read_text(encoding="utf-8")):
        kind, _, _ = row["id"].rpartition("_")
        if kind.startswith("cipher-tls1"):
            version = f"TLSv1.{kind.partition('tls1')[2].lstrip('_') or '0'}"
            words = row["finding"].split()
            found.suites.setdefault(version, set()).add(words[3])
    return found


# Not a test, whatever its name.
testssl.__test__ = False  # type: ignore[attr-defined]

SCANNERS: Mapping[str, Callable[[int, Path], Found]] = {
    "sslscan": sslscan,
    "sslyze": sslyze,
    "testssl.sh": testssl,
}
#: Where others see less than there is, and why.
BLIND = {
    # They stop at the first refusal, though HAProxy refuses only what is left for ECDSA;
    # sslyze asks for each suite alone, and finds them.
    ("two certificates", "sslscan"),
    ("two certificates", "testssl.sh"),
    # It takes the refusal that follows the handshake's first half for one of the version.
    ("client certificate", "sslscan"),
}


@pytest.mark.parametrize("scanner", SCANNERS)
@pytest.mark.parametrize("server", SERVERS)
def test_the_same_versions_and_suites(server: str, scanner: str, tmp_path: Path) -> None:
    offered = offers(datagrams=False)
    can = {*offered.suites, *offered.suites_1_3}
    with SERVERS[server].start() as port:
        theirs = SCANNERS[scanner](port, tmp_path)
        mine = ours(port)
    assert mine.suites
    if (server, scanner) in BLIND:
        assert set(mine.suites) >= set(theirs.suites)
        assert all(mine.suites[each] >= theirs.suites[each] & can for each in theirs.suites)
        return
    assert set(mine.suites) == set(theirs.suites)
    for version, names in mine.suites.items():
        # What only one of the two can ask for is nothing to compare.
        tried = theirs.tried[version] if theirs.tried is not None else names
        assert names & tried == theirs.suites[version] & can, version
