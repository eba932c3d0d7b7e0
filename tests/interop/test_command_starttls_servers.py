"""``--starttls`` with the programs that people have behind those ports."""

from __future__ import annotations

import pytest

pytest.importorskip("click")

from kit import authority
from kit.commands import brisk
from kit.plain_first import SERVERS

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

TRUST = ("--cafile", authority.trust_file())


@pytest.mark.parametrize("protocol", SERVERS)
def test_a_real_server_is_verified(protocol: str) -> None:
    with SERVERS[protocol]() as port:
        asked = ("connect", f"localhost:{port}", "-4", "--starttls", protocol)
        done = brisk(*asked, *TRUST, "--json")
        assert done.status == 0, done
        assert done.data["starttls"] == protocol
        assert done.data["verification"]["verified"] is True
        assert brisk(*asked).status in (23, 26)
        # XMPP asks for the name in plain text, too.
        other = brisk(*asked, *TRUST, "--servername", "other.test")
        assert other.status == (40 if protocol == "xmpp" else 22), other
        # TLS without the words before it is understood as what it is.
        assert brisk("connect", f"localhost:{port}", "-4", *TRUST, "--timeout", "9").status != 0
