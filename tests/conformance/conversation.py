"""One connection, from the handshake to the goodbye, as the runner wants it."""

from __future__ import annotations

import struct

from checks import Wrong, after_handshake, same
from configuring import make_context, prepare
from flags import Wishes
from notes import Notes
from wires import Direct, wire_for

from OpenSSL import SSL

_SIZES = (0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769)
_HELLO = b"hello"


class Conversation:
    """A connection and what belongs to it."""

    def __init__(
        self,
        wishes: Wishes,
        again: Wishes,
        context: SSL.Context,
        notes: Notes,
        wire: Direct,
        resuming: bool,
    ) -> None:
        self.again = again
        self.wishes, self.notes, self.wire, self.resuming = wishes, notes, wire, resuming
        self.ssl = wire.connection(context)
        self.early = b""

    def handshake(self) -> None:
        """Shake hands, early data first."""
        if self.wishes["enable-early-data"] and not self.wishes["dtls"]:
            self.early_data()
        if not self.wishes["implicit-handshake"]:
            self.wire.run(self.ssl.do_handshake)
            if self.early and self.ssl.get_early_data_status() != "accepted":
                # What the peer has refused is another connection to the runner.
                self.wishes, self.early = self.again, b""
            after_handshake(self.ssl, self.wishes, self.notes, self.resuming)
        if self.wishes["handshake-twice"] or self.wishes["no-op-extra-handshake"]:
            self.wire.run(self.ssl.do_handshake)

    def early_data(self) -> None:
        wishes = self.wishes
        if not wishes["server"]:
            session = self.ssl.get_session() if self.resuming else None
            most = session.get_max_early_data() if session else 0
            if wishes["shim-writes-first"] and most:
                self.early = _HELLO[:most]
                self.wire.run(self.ssl.write_early_data, self.early)
            return
        while piece := self.wire.run(self.ssl.read_early_data, 16384):
            turned = bytes(each ^ 0xFF for each in piece)
            self.wire.run(self.ssl.write_early_data, turned)

    def talk(self) -> None:
        """What the shim says first, then an echo, every bit turned."""
        wishes = self.wishes
        self.exports()
        if wishes["write-different-record-sizes"]:
            for size in _SIZES:
                self.write(b"B" * size)
            return
        first = b""
        if wishes["read-with-unfinished-write"]:
            first = self.unfinished()
        elif wishes["shim-writes-first"]:
            self.write(_HELLO[len(self.early) :])
        if not wishes["shim-shuts-down"]:
            self.echo(first)

    def unfinished(self) -> bytes:
        self.ssl.set_bio_limit(1)
        try:
            self.ssl.send(_HELLO)
        except SSL.WantWriteError:
            return _HELLO
        raise Wrong("the write is not unfinished")

    def echo(self, first: bytes) -> None:
        size = self.wishes["read-size"] or (16384 if self.wishes["dtls"] else 512)
        while True:
            if self.wishes["key-update-before-read"]:
                self.ssl.key_update()
            try:
                data = self.read(size)
            except SSL.ZeroReturnError:
                return
            except SSL.SysCallError as error:
                if error.args[0] == -1:
                    # An end without a goodbye: the runner often leaves so.
                    return
                raise
            if first:
                self.wire.run(self.ssl.send, first)
                first = b""
            if self.wishes["key-update"]:
                self.ssl.key_update()
            self.write(bytes(each ^ 0xFF for each in data))

    def read(self, size: int) -> bytes:
        if self.wishes["use-exporter-between-reads"]:
            self.ssl.export_keying_material(b"", 1)
        if self.wishes["peek-then-read"]:
            import socket  # only here

            seen = self.wire.run(self.ssl.recv, size, socket.MSG_PEEK)
            again = self.ssl.recv(len(seen), socket.MSG_PEEK)
            same("looked at twice", again, seen)
            data = self.ssl.recv(len(seen))
            same("looked at, then read", data, seen)
            return data
        return self.wire.run(self.ssl.recv, size)

    def write(self, data: bytes) -> None:
        if not data:
            return
        if self.wishes["dtls"]:
            self.wire.run(self.ssl.send, data)
            return
        while data:
            data = data[self.wire.run(self.ssl.send, data) :]

    def exports(self) -> None:
        wishes = self.wishes
        if size := wishes["export-keying-material"]:
            context = wishes["export-context"] if wishes["use-export-context"] else None
            self.write(self.ssl.export_keying_material(wishes["export-label"], size, context))
        if wishes["export-traffic-secrets"]:
            own, peers = "SERVER_TRAFFIC_SECRET_0", "CLIENT_TRAFFIC_SECRET_0"
            if not wishes["server"]:
                own, peers = peers, own
            secrets = self.notes.secrets
            self.write(struct.pack("<H", len(secrets[peers])) + secrets[peers] + secrets[own])
        if wishes["tls-unique"]:
            first = bool(wishes["server"]) != self.ssl.session_reused()
            unique = self.ssl.get_peer_finished() if first else self.ssl.get_finished()
            self.write(unique or b"")

    def close(self) -> None:
        """Say goodbye, and look at what came of it all."""
        wishes = self.wishes
        if wishes["check-close-notify"]:
            done = self.wire.run(self.ssl.shutdown)
            if wishes["shim-shuts-down"]:
                same("goodbye", done, False)
                done = self.wire.run(self.ssl.shutdown)
            same("goodbye of both", done, True)
        else:
            # The session is a good one; libssl drops those of connections that were cut.
            self.ssl.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)
        total = self.ssl.total_renegotiations()
        same("renegotiations", total, wishes["expect-total-renegotiations"] or 0)
        new = self.ssl.get_protocol_version() == SSL.TLS1_3_VERSION
        if new and not wishes["server"] and not wishes["shim-shuts-down"]:
            wanted = not wishes["expect-no-session"]
            same("a session to keep", bool(self.notes.sessions), wanted)
            if wanted:
                size = self.notes.sessions[-1].get_max_early_data()
                same("early data", bool(size), bool(wishes["expect-ticket-supports-early-data"]))
        if wishes["expect-msg-callback"] is not None:
            # libssl does not show a change_cipher_spec that it has read.
            wanted = wishes["expect-msg-callback"].decode().replace("read ccs\n", "")
            same("messages", self.notes.messages, wanted)


def converse(
    wishes: Wishes,
    again: Wishes,
    session: SSL.Session | None,
    old: SSL.Context | None,
    resuming: bool,
) -> tuple[SSL.Session | None, SSL.Context]:
    """Carry out one connection; return the session that the next one may resume."""
    notes = Notes()
    context = make_context(wishes, notes, old)
    wire = wire_for(wishes)
    conversation = Conversation(wishes, again, context, notes, wire, resuming)
    prepare(conversation.ssl, wishes, session)
    try:
        conversation.handshake()
        conversation.talk()
        conversation.close()
        wire.flush()
    finally:
        _leave(wire)
    if conversation.ssl.get_protocol_version() == SSL.TLS1_3_VERSION:
        kept = notes.sessions[-1] if notes.sessions else session
    else:
        # libssl does not call back for a session whose ticket was renewed.
        kept = conversation.ssl.get_session()
    return kept, context


def _leave(wire: Direct) -> None:
    # What the runner still sends is read, or it would see its connection reset.
    import socket  # only here

    try:
        wire.socket.shutdown(socket.SHUT_WR)
        wire.socket.settimeout(1)
        while wire.socket.recv(65536):
            pass
    except OSError:
        pass
    wire.socket.close()
