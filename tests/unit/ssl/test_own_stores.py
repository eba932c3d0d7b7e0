"""What commands give to one connection is that connection's alone, and stays with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from kit import authority, contexts, pump
from kit.flights import DH_2048
from OpenSSL import SSL, crypto

PEM = serialization.Encoding.PEM


def file_of(who: authority.Identity, path: Path) -> tuple[str, str]:
    path.write_bytes(who.root.public_bytes(PEM))
    return "File", str(path)


def folder_of(who: authority.Identity, path: Path) -> tuple[str, str]:
    path.mkdir()
    root = crypto.X509.from_cryptography(who.root)
    (path / f"{root.subject_name_hash():08x}.0").write_bytes(who.root.public_bytes(PEM))
    return "Path", str(path)


def store_of(who: authority.Identity, path: Path) -> tuple[str, str]:
    return "Store", f"file:{file_of(who, path)[1]}"


Place = Callable[[authority.Identity, Path], tuple[str, str]]
places = pytest.mark.parametrize("place", [file_of, folder_of, store_of])
ends = pytest.mark.parametrize("end", ["client", "server"])


class Meeting:
    """One side believes by commands, the other shows what it has."""

    def __init__(self, end: str, shows: authority.Identity) -> None:
        self.end = end
        self.context = SSL.Context(SSL.TLS_METHOD)
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        if end == "server":
            contexts.use_identity(self.context, authority.identity())
            self.other = contexts.client_context(shows)
        else:
            self.other = contexts.server_context(shows)

    def connection(self) -> SSL.Connection:
        return SSL.Connection(self.context, None)

    def believed(self, one: SSL.Connection | None = None) -> bool:
        """Whether a connection, or a new one, believes what it is shown."""
        if one is None:
            one = self.connection()
        peer = SSL.Connection(self.other, None)
        if self.end == "server":
            one.set_accept_state()
            peer.set_connect_state()
            return pump.handshake_outcome(one, peer).server is None
        one.set_connect_state()
        peer.set_accept_state()
        return pump.handshake_outcome(peer, one).client is None


def shown(end: str) -> authority.Identity:
    return authority.client_stranger() if end == "server" else authority.stranger()


@ends
@places
def test_whom_one_connection_believes_its_context_does_not(
    end: str, place: Place, tmp_path: Path
) -> None:
    who = shown(end)
    meeting = Meeting(end, who)
    meeting.context.configure("VerifyCAFile", str(authority.trust_file()))
    earlier = meeting.connection()
    one = meeting.connection()
    kind, value = place(who, tmp_path / "believed")
    one.configure(f"VerifyCA{kind}", value)
    assert not meeting.believed()
    assert not meeting.believed(earlier)
    assert meeting.believed(one)


@ends
def test_what_fails_changes_nobody(end: str, tmp_path: Path) -> None:
    who = shown(end)
    meeting = Meeting(end, who)
    meeting.context.configure("VerifyCAFile", file_of(who, tmp_path / "a")[1])
    one = meeting.connection()
    with pytest.raises(SSL.Error):
        one.configure("VerifyCAFile", str(tmp_path / "none"))
    assert meeting.believed(one)
    assert meeting.believed()


@ends
@places
def test_it_stays_under_another_context_and_no_file_is_read_again(
    end: str, place: Place, tmp_path: Path
) -> None:
    who = shown(end)
    meeting = Meeting(end, who)
    one = meeting.connection()
    kind, value = place(who, tmp_path / "believed")
    one.configure(f"VerifyCA{kind}", value)
    if place is file_of:  # of the others OpenSSL reads when it looks for somebody
        Path(value).unlink()
    host = Meeting(end, who).context
    one.set_context(host)
    assert meeting.believed(one)
    meeting.context = host
    assert not meeting.believed()


def test_a_second_command_adds_to_the_first(tmp_path: Path) -> None:
    who = authority.stranger()
    meeting = Meeting("client", who)
    for first in (True, False):
        one = meeting.connection()
        files = [file_of(who, tmp_path / "a")[1], str(authority.trust_file())]
        for file in files if first else reversed(files):
            one.configure("VerifyCAFile", file)
        assert meeting.believed(one)
    with pytest.raises(SSL.Error):
        one.configure("VerifyCAFile", str(tmp_path / "none"))


def test_the_chain_of_one_connection_is_built_by_it_alone(tmp_path: Path) -> None:
    """A server's own intermediates, from a store that its Context has too."""
    who = authority.identity()
    intermediates = tmp_path / "intermediates.pem"
    intermediates.write_bytes(b"".join(each.public_bytes(PEM) for each in who.intermediates))
    server = SSL.Context(SSL.TLS_METHOD)
    server.use_certificate(who.certificate)
    server.use_privatekey(who.private_key)
    server.configure("ChainCAFile", str(authority.trust_file()))
    one = SSL.Connection(server, None)
    one.configure("ChainCAFile", str(intermediates))
    intermediates.unlink()
    host = SSL.Context(SSL.TLS_METHOD)
    host.use_certificate(who.certificate)
    host.use_privatekey(who.private_key)
    for connection, whole in ((SSL.Connection(server, None), False), (one, True)):
        if whole:
            connection.set_context(host)
        connection.set_accept_state()
        client = SSL.Connection(contexts.client_context(), None)
        client.set_connect_state()
        outcome = pump.handshake_outcome(connection, client)
        assert (outcome.client is None) is whole


def test_parameters_stay_under_another_context(tmp_path: Path) -> None:
    path = tmp_path / "dh.pem"

    def agreed(own: bool, move: bool) -> object:
        server = contexts.server_context(authority.identity("rsa"), version="TLSv1.2")
        host = contexts.server_context(authority.identity("rsa"), version="TLSv1.2")
        client = contexts.client_context(version="TLSv1.2")
        client.set_cipher_list(b"DHE")
        pair = pump.pair(server, client)
        if own:
            path.write_text(DH_2048)
            pair.server.configure("DHParameters", str(path))
            path.unlink()
        if move:
            pair.server.set_context(host)
        if pump.handshake_outcome(*pair) != (None, None):
            return None
        return pair.client.get_server_tmp_key()

    assert agreed(own=True, move=False) is not None
    # From 4.0 on TLS 1.2 has a group of RFC 7919 where nothing is set.
    assert (agreed(own=False, move=False) is None) == (SSL.OPENSSL_VERSION_NUMBER < 0x40000000)
    assert agreed(own=True, move=True) == agreed(own=True, move=False)
    with pytest.raises(SSL.Error, match="cannot be opened|No such file|system lib"):
        SSL.Connection(SSL.Context(SSL.TLS_METHOD), None).configure("DHParameters", str(path))
