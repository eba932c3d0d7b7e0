"""The plain-text conversations that come before TLS on ports shared with plain text.

Everything read here is untrusted and unprotected: lines and answers have a
length limit, and bytes that follow the server's last plain-text word are an
injection attempt (they would be taken for protected data), so they are refused.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

from .failures import Failure
from .printable import printable
from .waiting import Deadline, ready

__all__ = ["PROTOCOLS", "begin"]

_LINE_LIMIT = 4096
_LINES_LIMIT = 100


class _Conversation:
    """Lines over a socket that does not block."""

    def __init__(
        self, sock: socket.socket, protocol: str, deadline: Deadline, name: str | None = None
    ) -> None:
        self.name = name or _own_name(sock)
        self.sock = sock
        self.protocol = protocol
        self.deadline = deadline
        self.buffer = b""

    def receive(self) -> bytes:
        while True:
            ready(self.sock, self.deadline)
            try:
                data = self.sock.recv(_LINE_LIMIT)
            except BlockingIOError:
                continue
            if not data:
                raise self.broken("closed the connection before TLS began")
            return data

    def line(self) -> str:
        while b"\n" not in self.buffer:
            if len(self.buffer) > _LINE_LIMIT:
                raise self.broken(f"sent a line of more than {_LINE_LIMIT} bytes")
            self.buffer += self.receive()
        line, _, self.buffer = self.buffer.partition(b"\n")
        if len(line) > _LINE_LIMIT:
            raise self.broken(f"sent a line of more than {_LINE_LIMIT} bytes")
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def send(self, data: bytes) -> None:
        while data:
            try:
                data = data[self.sock.send(data) :]
            except BlockingIOError:
                ready(self.sock, self.deadline, writing=True)

    def command(self, text: str) -> None:
        # What came before we asked is no answer to what we ask.
        if self.buffer:
            raise self.broken("spoke out of turn")
        self.send(text.encode("ascii") + b"\r\n")

    def finish(self) -> None:
        """Make sure that nothing in plain text follows: the peer must now wait for us."""
        rest = self.buffer
        if not rest:
            try:
                rest = self.sock.recv(_LINE_LIMIT, socket.MSG_PEEK)
            except BlockingIOError:
                return
        if rest:
            raise self.broken("sent plain text after agreeing to TLS (possible injection)")
        raise self.broken("closed the connection after agreeing to TLS")

    def broken(self, what: str) -> Failure:
        return Failure("starttls-broken", f"the {self.protocol} server {what}")

    def refused(self, what: str, answer: str) -> Failure:
        return Failure(
            "starttls-refused", f"the {self.protocol} server {what}: {printable(answer, 120)}"
        )


def _own_name(sock: socket.socket) -> str:
    address = sock.getsockname()
    if sock.family == socket.AF_INET6:
        return f"[IPv6:{address[0].partition('%')[0]}]"
    return f"[{address[0]}]" if sock.family == socket.AF_INET else "localhost"


def _reply(talk: _Conversation) -> tuple[str, list[str]]:
    """Read one reply in the form SMTP and FTP share: ``250-text`` ... ``250 text``."""
    lines: list[str] = []
    code = ""
    while len(lines) < _LINES_LIMIT:
        line = talk.line()
        found = re.match(r"([1-5][0-9][0-9])([ -]|$)", line)
        if not lines and not found:
            raise talk.broken(f"answered with what is no reply: {printable(line, 80)!r}")
        if not lines and found:
            code = found[1]
        lines.append(line[4:] if found else line)
        if found and found[1] == code and found[2] != "-":
            return code, lines
    raise talk.broken(f"sent a reply of more than {_LINES_LIMIT} lines")


def _smtp(talk: _Conversation) -> None:
    code, lines = _reply(talk)
    if code != "220":
        raise talk.refused("turned us away", f"{code} {lines[-1]}")
    talk.command(f"EHLO {talk.name}")
    code, lines = _reply(talk)
    if code != "250":
        said = f"{code} {lines[-1]}"
        raise talk.refused(f"refused EHLO {talk.name} (see --starttls-name)", said)
    offers = [line.split(" ")[0].upper() for line in lines[1:]]
    if "STARTTLS" not in offers:
        raise talk.refused("does not offer STARTTLS, only", ", ".join(offers) or "nothing")
    talk.command("STARTTLS")
    code, lines = _reply(talk)
    if code != "220":
        raise talk.refused("refused STARTTLS", f"{code} {lines[-1]}")


def _ftp(talk: _Conversation) -> None:
    code, lines = _reply(talk)
    while code.startswith("1"):
        code, lines = _reply(talk)
    if code != "220":
        raise talk.refused("turned us away", f"{code} {lines[-1]}")
    talk.command("AUTH TLS")
    code, lines = _reply(talk)
    if code != "234":
        raise talk.refused("refused AUTH TLS", f"{code} {lines[-1]}")


def _pop3(talk: _Conversation) -> None:
    line = talk.line()
    if not line.startswith("+OK"):
        raise talk.refused("turned us away", line)
    talk.command("STLS")
    line = talk.line()
    if not line.startswith("+OK"):
        raise talk.refused("refused STLS", line)


def _imap(talk: _Conversation) -> None:
    line = talk.line()
    if not re.match(r"\* (OK|PREAUTH)\b", line, re.IGNORECASE):
        raise talk.refused("turned us away", line)
    talk.command("a1 STARTTLS")
    for _ in range(_LINES_LIMIT):
        line = talk.line()
        if line.startswith("* "):
            continue
        if re.match(r"a1 OK\b", line, re.IGNORECASE):
            return
        raise talk.refused("refused STARTTLS", line)
    raise talk.broken(f"sent more than {_LINES_LIMIT} lines")


def _postgres(talk: _Conversation) -> None:
    # SSLRequest: a length of 8 and the number that no protocol version has.
    talk.send(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
    answer = talk.receive()
    talk.buffer = answer[1:]
    if answer[:1] == b"S":
        return
    if answer[:1] == b"N":
        raise talk.refused("does not offer TLS", "N")
    if answer[:1] == b"E":
        raise talk.refused("answered with an error", printable(answer[5:], 80))
    raise talk.broken(f"answered with what is no reply: {printable(answer[:20])!r}")


#: Protocol name: (default port, the conversation).
PROTOCOLS: dict[str, tuple[int, Callable[[_Conversation], None]]] = {
    "smtp": (587, _smtp),
    "imap": (143, _imap),
    "pop3": (110, _pop3),
    "ftp": (21, _ftp),
    "postgres": (5432, _postgres),
}


def begin(sock: socket.socket, protocol: str, deadline: Deadline, name: str | None = None) -> None:
    """Talk *protocol* over *sock* up to the point where TLS begins.

    *name* is what we call ourselves where that is asked for; by default the
    address we speak from, which is never a lie (RFC 5321, section 4.1.3).

    Raises :class:`Failure` when the server refuses or breaks the protocol,
    :class:`TimeoutError` and other :class:`OSError` from the socket.
    """
    talk = _Conversation(sock, protocol, deadline, name)
    PROTOCOLS[protocol][1](talk)
    talk.finish()
