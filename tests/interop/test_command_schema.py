"""What ``connect --json`` prints is what its schema says, whatever happened."""

from __future__ import annotations

import json
import socket
from typing import Any

import jsonschema
import pytest

pytest.importorskip("click")

from reading import ROOT

from kit import authority, peers, responses
from kit.commands import brisk
from kit.contexts import server_context
from kit.greeters import GREETINGS, greeter, listening_server
from kit.sockets import ThreadedServer
from OpenSSL import SSL

SCHEMA = json.loads((ROOT / "docs/connect.schema.json").read_text(encoding="utf-8"))
TRUST = ("--cafile", authority.trust_file())


def holds(*arguments: object) -> dict[str, Any]:
    data: dict[str, Any] = brisk("connect", *arguments, "--json").data
    jsonschema.validate(data, SCHEMA)
    return data


def staple(context: SSL.Context, response: bytes) -> None:
    context.set_ocsp_server_callback(lambda connection, data: response)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_successes(version: str) -> None:
    context = server_context(require_client=True)
    context.set_session_id(b"test")
    staple(context, responses.response(authority.identity()))
    mine = ("--cert", authority.client_identity().files.combined)
    with ThreadedServer(context) as server:
        target = (f"localhost:{server.port}", *TRUST, *mine, "--max", version)
        assert holds(*target)["ok"]
        assert holds(*target, "--resume", "--showcerts", "--alpn", "h2")["resumed"]
        assert holds(*target, "--insecure")["verification"]["verified"] is False
        assert holds(*target, "--warn-days", "1000")["error"] == "expires-soon"
        assert holds(f"localhost:{server.port}", *TRUST)["error"] == "certificate-wanted"


@pytest.mark.parametrize("state", responses.STATES)
def test_staples(state: str) -> None:
    context = server_context()
    staple(context, responses.response(authority.identity(), state))
    with ThreadedServer(context) as server:
        target = (f"localhost:{server.port}", *TRUST)
        assert holds(*target)["ok"] is (responses.STATES[state] is None)
        assert holds(*target, "--insecure")["ocsp"]["stapled"]


@pytest.mark.parametrize("who", ["expired", "stranger", "self_signed", "wrong_host"])
def test_refused_certificates(who: str) -> None:
    with ThreadedServer(server_context(getattr(authority, who)())) as server:
        data = holds(f"localhost:{server.port}", *TRUST)
        assert data["chain"]
        assert data["alert"]["sent_by"] == "us"
        assert holds(f"localhost:{server.port}", *TRUST, "--insecure")["ok"]


def test_other_failures() -> None:
    assert holds("localhost:1")["error"] == "refused"
    assert holds("no-such-host.invalid")["error"] == "name-resolution"
    assert holds("localhost:1", "--cafile", "/no/such/file")["error"] == "file"
    with socket.create_server(("127.0.0.1", 0)) as sock:
        silent = f"localhost:{sock.getsockname()[1]}"
        assert holds(silent, "--timeout", "0.3")["error"] == "timeout"
    with listening_server(lambda sock: sock.sendall(b"220 hello\r\n")) as port:
        assert holds(f"localhost:{port}")["error"] == "not-tls"
    with greeter(GREETINGS["smtp"]) as port:
        assert holds(f"localhost:{port}", *TRUST, "--starttls", "smtp")["starttls"] == "smtp"
        assert holds(f"localhost:{port}", *TRUST, "--starttls", "pop3")["ok"] is False


def test_datagrams_and_old_versions() -> None:
    weak = ("--min", "1.0", "--max", "1.1", "--ciphers", "ALL:@SECLEVEL=0")
    with peers.openssl_server(None, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0") as peer:
        assert holds(f"localhost:{peer.port}", *TRUST, *weak)["protocol"] == "TLSv1.1"
        assert holds(f"localhost:{peer.port}", *TRUST)["error"] == "no-common-protocol"


def test_the_schema_can_fail() -> None:
    with ThreadedServer(server_context()) as server:
        data = holds(f"localhost:{server.port}", *TRUST)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for key in data:
        without = {name: value for name, value in data.items() if name != key}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(without, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data | {"more": 1}, SCHEMA)
