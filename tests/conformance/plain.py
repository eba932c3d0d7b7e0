"""The shim once more, over plain libssl: what it answers where nothing of the package is between.

It takes those flags that the failing tests need, and says "out of scope" to the others.  What it
makes of a test is compared with what the package makes of it (``run.py --plain``).
"""

from __future__ import annotations

import ctypes
import os
import secrets
import socket
import struct
import sys
import traceback
from typing import Any

from flags import OutOfScope, parse, split_words
from plain_library import CONTROL, MOVE, TIMER, s, words
from plain_side import REFUSED, Side, Wrong
from turning import advance

#: Flags that are carried out, and those that change nothing here.
KNOWN = split_words(
    """
port shim-id ipv6 server dtls resume-count cert-file key-file trust-cert verify-peer verify-fail
use-custom-verify-callback require-any-client-certificate curves mtu async verify-prefs signing-
prefs cipher implicit-handshake use-ocsp-callback ocsp-response enable-ocsp-stapling fail-ocsp-
callback decline-ocsp-callback set-ocsp-in-callback expect-ocsp-response expect-session-miss
export-context export-label export-keying-material use-export-context srtp-profiles renegotiate-
freely renegotiate-explicit advertise-alpn select-alpn decline-alpn reject-alpn select-empty-
alpn expect-alpn ticket-key shim-writes-first expect-total-renegotiations no-ticket initial-
timeout-duration-ms max-cert-list min-version max-version no-tls13 no-tls12 no-tls11 no-tls1
expect-version tls-unique resumption-delay psk psk-identity host-name server-preference
fallback-scsv max-send-fragment expect-curve-id expect-no-session check-close-notify shim-shuts-
down quic-use-legacy-codepoint read-size expect-cipher expect-cipher-aes expect-cipher-no-aes
expect-peer-cert-file expect-ticket-supports-early-data expect-advertised-alpn expect-server-
name no-op-extra-handshake expect-secure-renegotiation expect-no-secure-renegotiation write-
different-record-sizes expect-extended-master-secret expect-verify-result use-early-callback
"""
)
UNIMPLEMENTED = 89

_NO_QUERY_MTU = 1 << 12
_SIZES = (0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769)
_WANT_READ, _WANT_WRITE, _WANT_LOOKUP, _ZERO_RETURN, _SYSCALL = 2, 3, 4, 6, 5


class Wire:
    """How bytes travel: libssl's own BIO for a socket, or one of ours for packets."""

    def __init__(self, side: Side, ssl: int, plug: socket.socket) -> None:
        self.side, self.ssl, self.plug = side, ssl, plug
        self.packets: list[bytes] = []
        self.ended = False
        if not side.wishes["dtls"]:
            self.bio = s.BIO_new_socket(plug.fileno(), 0)
            return
        method = s.BIO_meth_new(0x400 | 100, b"packets")
        s.BIO_meth_set_write(method, side.keep(MOVE, self._write))
        s.BIO_meth_set_read(method, side.keep(MOVE, self._read))
        s.BIO_meth_set_ctrl(method, side.keep(CONTROL, self._control))
        self.bio = s.BIO_new(method)
        s.BIO_set_init(self.bio, 1)

    def _write(self, bio: int, data: int, size: int) -> int:
        s.BIO_clear_flags(bio, 15)
        packet = ctypes.string_at(data, size)
        try:
            self.plug.sendall(b"P" + struct.pack(">I", size) + packet)
        except OSError:
            return -1
        return size

    def _read(self, bio: int, data: int, size: int) -> int:
        s.BIO_clear_flags(bio, 15)
        if not self.packets:
            if self.ended:
                return 0
            s.BIO_set_flags(bio, 9)  # to be read again
            return -1
        packet = self.packets.pop(0)[:size]
        ctypes.memmove(data, packet, len(packet))
        return len(packet)

    @staticmethod
    def _control(_bio: int, command: int, _number: int, _pointer: Any) -> int:
        return {11: 1, 40: 1200, 47: 548}.get(command, 0)  # flush; how large packets may be

    def take(self) -> None:
        """The runner's next word."""
        word = self.plug.recv(1)
        if word == b"P":
            self.packets.append(self._exactly(*struct.unpack(">I", self._exactly(4))))
        elif word == b"T":
            (passed,) = struct.unpack(">Q", self._exactly(8))
            self.plug.sendall(b"t")
            advance(passed // 1000)
            if self._left() == 0:
                s.SSL_ctrl(self.ssl, 74, 0, None)
        elif word == b"M":
            s.SSL_ctrl(self.ssl, 17, struct.unpack(">I", self._exactly(4))[0], None)
        elif word == b"E":
            (wanted,) = struct.unpack(">Q", self._exactly(8))
            left = self._left()
            if (left is None) != (wanted == 2**64 - 1) or (
                left is not None and abs(left - wanted / 1e9) > 1e-3
            ):
                raise Wrong(f"the next timeout is in {left} s, not {wanted / 1e9} s")
        else:
            self.ended = True

    def _left(self) -> float | None:
        room = (ctypes.c_long * 2)()
        if s.SSL_ctrl(self.ssl, 73, 0, ctypes.addressof(room)) != 1:
            return None
        return room[0] + room[1] / 1e6

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.plug.recv(size - len(data))
            if not piece:
                raise Wrong("a packet was cut")
            data += piece
        return data


class Talk:
    """One connection."""

    def __init__(self, side: Side, session: int | None, resuming: bool) -> None:
        self.side, self.wishes, self.resuming = side, side.wishes, resuming
        wishes = self.wishes
        family, host = (socket.AF_INET6, "::1") if wishes["ipv6"] else (socket.AF_INET, "127.0.0.1")
        self.plug = socket.socket(family, socket.SOCK_STREAM)
        self.plug.connect((host, wishes["port"]))
        self.plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.plug.sendall(struct.pack("<Q", wishes["shim-id"]))
        self.ssl = s.SSL_new(side.context)
        self.wire = Wire(side, self.ssl, self.plug)
        s.SSL_set_bio(self.ssl, self.wire.bio, self.wire.bio)
        (s.SSL_set_accept_state if wishes["server"] else s.SSL_set_connect_state)(self.ssl)
        if session and not wishes["server"]:
            s.SSL_set_session(self.ssl, session)
        if wishes["host-name"]:
            s.SSL_ctrl(self.ssl, 55, 0, wishes["host-name"])
        if wishes["enable-ocsp-stapling"] and not wishes["server"]:
            s.SSL_ctrl(self.ssl, 65, 1, None)
        if names := wishes["advertise-alpn"]:
            s.SSL_set_alpn_protos(self.ssl, names, len(names))
        if wishes["mtu"]:
            s.SSL_set_options(self.ssl, _NO_QUERY_MTU)
            s.SSL_ctrl(self.ssl, 17, wishes["mtu"], None)
        if wishes["dtls"]:
            first = (wishes["initial-timeout-duration-ms"] or 400) * 1000
            wait = side.keep(TIMER, lambda _, before: min(2 * before, 60_000_000) or first)
            s.DTLS_set_timer_cb(self.ssl, wait)

    def drive(self, work: Any, *values: Any) -> int:
        """Repeat a call while libssl waits; return what it says at last."""
        while True:
            s.ERR_clear_error()
            result = int(work(self.ssl, *values))
            if result > 0:
                return result
            error = s.SSL_get_error(self.ssl, result)
            if error == _WANT_READ and self.wishes["dtls"]:
                if self.wire.ended:
                    return -_SYSCALL
                self.wire.take()
            elif error not in (_WANT_READ, _WANT_WRITE, _WANT_LOOKUP):
                return -error

    def need(self, what: str, result: int) -> int:
        if result <= 0:
            raise Wrong(f"{what}: {-result} {words()}")
        return result

    def same(self, what: str, found: Any, wanted: Any) -> None:
        if found != wanted:
            raise Wrong(f"{what}: {found!r}, not {wanted!r}")

    def check(self) -> None:
        wishes, ssl = self.wishes, self.ssl
        if wanted := wishes["expect-version"]:
            self.same("version", s.SSL_version(ssl), wanted)
        reused = bool(s.SSL_session_reused(ssl))
        self.same("resumed", reused, self.resuming and not wishes["expect-session-miss"])
        if wishes["psk"] is None and (
            not wishes["server"] or wishes["require-any-client-certificate"]
        ):
            self.same("certificate", bool(s.SSL_get1_peer_certificate(ssl)), True)
        if not wishes["server"] and not self.new:
            wanted = not wishes["expect-no-session"] and not reused
            self.same("a session to keep", bool(self.side.sessions), wanted)
        if wishes["expect-secure-renegotiation"] or wishes["expect-no-secure-renegotiation"]:
            wanted = bool(wishes["expect-secure-renegotiation"])
            found = s.SSL_ctrl(ssl, 76, 0, None) == 1
            self.same("secure renegotiation", found, wanted)
        if wanted := wishes["expect-server-name"]:
            self.same("server name", s.SSL_get_servername(ssl, 0), wanted)
        if wishes["expect-verify-result"]:
            wanted = REFUSED if wishes["verify-fail"] else 0
            self.same("verify result", s.SSL_get_verify_result(ssl), wanted)
        chosen, size = ctypes.c_void_p(), ctypes.c_uint()
        s.SSL_get0_alpn_selected(ssl, ctypes.byref(chosen), ctypes.byref(size))
        found = ctypes.string_at(chosen.value, size.value) if chosen.value else b""
        wanted = wishes["select-alpn"] if wishes["server"] else wishes["expect-alpn"]
        self.same("ALPN", found, wanted or b"")

    @property
    def new(self) -> bool:
        return bool(s.SSL_version(self.ssl) == 0x0304)

    def run(self) -> None:
        wishes = self.wishes
        if not wishes["implicit-handshake"]:
            self.need("handshake", self.drive(s.SSL_do_handshake))
            self.check()
        if wishes["no-op-extra-handshake"]:
            self.need("handshake", self.drive(s.SSL_do_handshake))
        self.exports()
        if wishes["write-different-record-sizes"]:
            for size in _SIZES:
                self.write(b"B" * size)
        else:
            if wishes["shim-writes-first"]:
                self.write(b"hello")
            if not wishes["shim-shuts-down"]:
                self.echo()
        self.close()

    def echo(self) -> None:
        size = self.wishes["read-size"] or (16384 if self.wishes["dtls"] else 512)
        room = ctypes.create_string_buffer(size)
        while True:
            got = self.drive(s.SSL_read, room, size)
            if got == -_ZERO_RETURN:
                return
            if got == -_SYSCALL or (got < 0 and "unexpected eof" in (said := words())):
                return
            if got < 0:
                raise Wrong(f"read: {got} {said}")
            self.write(bytes(each ^ 0xFF for each in room.raw[:got]))

    def write(self, data: bytes) -> None:
        while data:
            data = data[self.need("write", self.drive(s.SSL_write, data, len(data))) :]

    def exports(self) -> None:
        wishes = self.wishes
        if size := wishes["export-keying-material"]:
            room = ctypes.create_string_buffer(size)
            label, context = wishes["export-label"] or b"", wishes["export-context"] or b""
            used = 1 if wishes["use-export-context"] else 0
            self.need(
                "export",
                s.SSL_export_keying_material(
                    self.ssl, room, size, label, len(label), context, len(context), used
                ),
            )
            self.write(room.raw)
        if wishes["tls-unique"]:
            first = bool(wishes["server"]) != bool(s.SSL_session_reused(self.ssl))
            room = ctypes.create_string_buffer(64)
            size = (s.SSL_get_peer_finished if first else s.SSL_get_finished)(self.ssl, room, 64)
            self.write(room.raw[:size])

    def close(self) -> None:
        wishes = self.wishes
        if wishes["check-close-notify"]:
            s.SSL_shutdown(self.ssl)
        else:
            s.SSL_set_shutdown(self.ssl, 3)
        total = s.SSL_ctrl(self.ssl, 12, 0, None)
        self.same("renegotiations", total, wishes["expect-total-renegotiations"] or 0)
        if self.new and not wishes["server"] and not wishes["shim-shuts-down"]:
            self.same(
                "a session to keep", bool(self.side.sessions), not wishes["expect-no-session"]
            )

    def leave(self) -> None:
        try:
            self.plug.shutdown(socket.SHUT_WR)
            self.plug.settimeout(1)
            while self.plug.recv(65536):
                pass
        except OSError:
            pass
        self.plug.close()


def run(arguments: list[str]) -> int:
    """One test."""
    try:
        wishes = parse(arguments)
        first = wishes["initial"]
        if first["is-handshaker-supported"]:
            print("No")
            return 0
        for each in wishes.values():
            for flag, value in each.items():
                if value and flag not in KNOWN:
                    raise OutOfScope("plain", flag)
        key, session, context = secrets.token_bytes(80), None, None
        for number in range((first["resume-count"] or 0) + 1):
            now = wishes["resume" if number else "initial"]
            side = Side(now, key, context)
            context = side.context
            talk = Talk(side, session, bool(number))
            try:
                talk.run()
            finally:
                talk.leave()
            session = side.sessions[-1] if side.sessions else session
            if now["resumption-delay"]:
                advance(now["resumption-delay"] * 1_000_000)
    except OutOfScope as reason:
        print("out of scope:", *reason.args, file=sys.stderr)
        return UNIMPLEMENTED
    except Exception as error:  # whatever it is, the runner is told
        traceback.print_exc()
        print("error:", type(error).__name__, *error.args, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os._exit(run(sys.argv[1:]))
