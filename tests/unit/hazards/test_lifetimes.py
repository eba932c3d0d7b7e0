"""Objects that outlive what they came from, and buffers in use."""

from __future__ import annotations

import gc
import mmap
import weakref

import pytest

from kit import authority, contexts, memory, pump, sockets
from OpenSSL import SSL, crypto


@pytest.mark.holds("D2", "C26")
def test_a_context_that_was_left_may_go_before_the_handshake() -> None:
    """libssl still asks the first Context about the name; its hook must be alive for that."""
    calls: list[str] = []
    for turn in range(20):
        first, second = contexts.server_context(), contexts.server_context()
        first.set_tlsext_servername_callback(lambda _, turn=turn: calls.append(f"first {turn}"))
        second.set_tlsext_servername_callback(lambda _, turn=turn: calls.append(f"second {turn}"))
        ends = pump.pair(first, contexts.client_context(), b"server.test")
        ends.server.set_context(second)
        del first, second
        gc.collect()
        # What takes the freed hook's place in memory must not be called instead.
        others = [contexts.blank_context() for _ in range(20)]
        for other in others:
            other.set_tlsext_servername_callback(lambda _: calls.append("a stranger's"))
        pump.handshake(*ends)
        assert calls in ([f"first {turn}"], [f"second {turn}"])
        calls.clear()


@pytest.mark.parametrize("shaken", [False, True])
def test_contexts_that_were_only_passed_through_are_not_kept(shaken: bool) -> None:
    """Only what a handshake ran under may be looked into later."""
    ends = pump.pair(contexts.server_context(), contexts.client_context())
    if shaken:
        pump.handshake(*ends)
    passed = []
    for _ in range(20):
        context = contexts.server_context()
        passed.append(weakref.ref(context))
        ends.server.set_context(context)
        ends.server.get_cipher_list()
    del context
    gc.collect()
    assert [ref() is not None for ref in passed] == [False] * 19 + [True]
    if not shaken:
        pump.handshake(*ends)
    assert pump.transfer(ends.client, ends.server, b"fine") == b"fine"


def test_a_context_that_a_handshake_ran_under_is_kept() -> None:
    """libssl points into it for the peer's signature."""

    def asking() -> SSL.Context:
        return contexts.server_context(require_client=True)

    ends = pump.pair(asking(), contexts.client_context(authority.client_identity()))
    context = asking()
    kept = weakref.ref(context)
    ends.server.set_context(context)
    pump.handshake(*ends)
    expected = ends.server.get_peer_signature()
    for _ in range(3):
        ends.server.set_context(asking())
    del context
    gc.collect()
    assert kept() is not None
    assert ends.server.get_peer_signature() == expected


@pytest.mark.holds("D28")
def test_attributes_of_an_object_without_a_socket_end_somewhere() -> None:
    for connection in (
        SSL.Connection.__new__(SSL.Connection),
        SSL.Connection(contexts.client_context(), None),
    ):
        for name in ("no_such_thing", "__no_such_thing__"):
            with pytest.raises((AttributeError, ValueError)):
                getattr(connection, name)


@pytest.mark.holds("C10", "CVE-2018-1000808")
def test_archives_with_authorities_leave_nothing_behind() -> None:
    who = authority.client_identity("ecdsa")
    certificate = crypto.load_certificate(crypto.FILETYPE_PEM, who.pem)
    archive = crypto.PKCS12()
    archive.set_privatekey(crypto.load_privatekey(crypto.FILETYPE_PEM, who.key_pem))
    archive.set_certificate(certificate)
    archive.set_ca_certificates([certificate] * 5)
    data = archive.export(b"word", iter=1, maciter=1)

    def load() -> None:
        found = crypto.load_pkcs12(data, b"word").get_ca_certificates()
        assert found is not None
        assert len(found) == 5

    # A certificate alone is larger than this.
    assert memory.growth(load, 200) < 2048


@pytest.mark.holds("C10", "C34")
def test_chains_and_lists_leave_nothing_behind() -> None:
    server = contexts.server_context(ask_client=True)
    ends = pump.connected(server, contexts.client_context(authority.client_identity()))

    def ask() -> None:
        assert ends.client.get_peer_cert_chain()
        assert ends.client.get_verified_chain()
        assert ends.client.get_client_ca_list()
        assert ends.server.get_peer_certificate()
        assert ends.client.get_session()

    assert memory.growth(ask, 2000) < 2048


@pytest.mark.holds("C36")
def test_a_buffer_being_sent_cannot_change_its_size() -> None:
    data = bytearray(32 << 20)
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        sending = sockets.in_thread(client.sendall, data)
        sockets.receive_exactly(server, 1)
        with pytest.raises(BufferError):
            data.extend(b"more")
        sockets.receive_exactly(server, len(data) - 1)
        sending.result(sockets.PATIENCE)
    data.extend(b"more")


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.holds("S5")
def test_what_a_handshake_ran_under_stays(version: str, by_name: bool) -> None:
    """libssl points into that Context for the peer's signature, and does not count it."""
    client = contexts.client_context(authority.client_identity())
    contexts_ = [contexts.server_context(version=version, require_client=True) for _ in range(3)]
    if by_name:
        contexts_[0].set_tlsext_servername_callback(
            lambda connection: connection.set_context(contexts_[1])
        )
    ends = pump.pair(contexts_[0], client, b"a.test")
    if not by_name:
        ends.server.set_context(contexts_[1])
    pump.handshake(*ends)
    before = ends.server.get_peer_signature()
    assert ends.server.get_context() is contexts_[1]
    gone = weakref.ref(contexts_[1])
    for _ in range(3):
        ends.server.set_context(contexts_[2])
        ends.server.set_context(contexts_[0])
    del contexts_[:]
    gc.collect()
    assert gone() is not None
    others = [contexts.blank_context() for _ in range(20)]  # these take its place in memory
    assert before is not None
    assert ends.server.get_peer_signature() == before
    del others, ends
    gc.collect()
    assert gone() is None


@pytest.mark.holds("C19")
def test_a_buffer_beyond_two_gibibytes_is_begun() -> None:
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    ends.client.set_bio_limit(20_000)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    with mmap.mmap(-1, 2**31 + 10, flags=flags) as source:
        with pytest.raises(SSL.WantWriteError) as caught:
            ends.client.sendall(source)
        assert caught.value.bytes_sent
        pump.shuttle(ends.client, ends.server)
        assert len(pump.drain(ends.server)) == caught.value.bytes_sent


@pytest.mark.holds("D19")
def test_memory_that_was_drained_is_given_back() -> None:
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    pump.exchange(*ends)
    gc.collect()
    before = memory.in_use()
    ends.client.sendall(bytes(8 << 20))
    assert memory.in_use() - before > 8 << 20
    while True:
        try:
            ends.client.bio_read(1 << 16)
        except SSL.WantReadError:
            break
    gc.collect()
    assert memory.in_use() - before < 1 << 20
