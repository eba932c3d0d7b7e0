"""``scan`` and the scanners of others find the same in the same servers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("click")

from kit.scanned import SERVERS
from kit.scanners import SCANNERS, Found, ours
from OpenSSL._command.scan_offers import offers

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

#: Where others see fewer suites than there are, and why.
BLIND = {
    # They stop at the first refusal, though HAProxy refuses only what is left for ECDSA;
    # sslyze asks for each suite alone, and finds them.
    ("two certificates", "sslscan"),
    ("two certificates", "testssl.sh"),
    # It takes the refusal that follows the handshake's first half for one of the version.
    ("client certificate", "sslscan"),
}
#: Names of which others ask for some only.
FEWER = {
    # It asks for elliptic curves, and without that of the certificate, which TLS 1.2 wants too.
    ("sslyze", "groups"),
    # The same.
    ("sslscan", "groups TLSv1.2"),
    # It gives up on the largest where the machine is busy.
    ("sslscan", "groups TLSv1.3"),
    # It asks for one kind of certificate only.
    ("sslscan", "signatures TLSv1.2"),
    ("sslscan", "signatures TLSv1.3"),
    # It does not ask for http/1.0.
    ("testssl.sh", "alpn"),
}
#: What others miss where the machine is busy, so that only a yes of theirs counts.
HASTY = {
    ("testssl.sh", "ticket"),
}
#: What one of them gets wrong where the two others say what we do.
WRONG = {
    ("old", "sslyze", "session id"),
}


def compare(server: str, scanner: str, mine: Found, theirs: Found) -> int:
    """Hold both to each other; return how many traits that was."""
    compared = 0
    for trait, found in theirs.traits.items():
        # A server without TLS 1.2 has no tickets of TLS 1.2, and so on: we did not ask.
        if trait not in mine.traits or (server, scanner, trait) in WRONG:
            continue
        if (scanner, trait) in HASTY and not found:
            continue
        compared += 1
        known = mine.traits[trait]
        if (scanner, trait) in FEWER:
            assert isinstance(found, frozenset)
            assert isinstance(known, frozenset)
            assert found <= known, trait
        else:
            assert found == known, trait
    return compared


@pytest.mark.parametrize("scanner", SCANNERS)
@pytest.mark.parametrize("server", SERVERS)
def test_the_same_findings(server: str, scanner: str, tmp_path: Path) -> None:
    offered = offers(datagrams=False)
    can = {*offered.suites, *offered.suites_1_3}
    with SERVERS[server].start() as port:
        theirs = SCANNERS[scanner](port, tmp_path)
        mine = ours(port)
    assert mine.suites
    assert compare(server, scanner, mine, theirs) >= 3
    if (server, scanner) in BLIND:
        assert set(mine.suites) >= set(theirs.suites)
        assert all(set(mine.suites[each]) >= {*theirs.suites[each]} & can for each in theirs.suites)
        return
    assert set(mine.suites) == set(theirs.suites)
    for version, names in mine.suites.items():
        # What only one of the two can ask for is nothing to compare.
        tried = theirs.tried[version] if theirs.tried is not None else {*names}
        assert {*names} & tried == {*theirs.suites[version]} & can, version
    if scanner == "sslscan" and SERVERS[server].ordered:
        assert mine.suites["TLSv1.2"] == theirs.suites["TLSv1.2"]


def test_the_comparison_can_fail() -> None:
    mine = Found(traits={"ticket": True, "alpn": frozenset({"h2"})})
    assert compare("modern", "sslyze", mine, Found(traits={"ticket": True, "other": True})) == 1
    for wrong in ({"ticket": False}, {"alpn": frozenset({"http/1.1"})}):
        with pytest.raises(AssertionError):
            compare("modern", "sslyze", mine, Found(traits=dict(wrong)))
