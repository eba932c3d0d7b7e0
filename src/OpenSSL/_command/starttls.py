"""The plain-text conversations that come before TLS on ports shared with plain text.

Everything read here is untrusted and unprotected: lines and answers have a
length limit, and bytes that follow the server's last plain-text word are an
injection attempt (they would be taken for protected data), so they are refused.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from .failures import Failure
from .printable import printable
from .waiting import Deadline, ready

__all__ = ["PROTOCOLS", "begin"]

_LINE_LIMIT = 4096
_LINES_LIMIT = 100


class _Conversation:
    """Lines over a socket that does not block."""

    def __init__(
        self, sock: socket.socket, protocol: str, deadline: Deadline, name: str | None, host: str
    ) -> None:
        self.name = name or _own_name(sock)
        self.domain = name or host
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

    def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self.buffer += self.receive()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def send(self, data: bytes) -> None:
        while data:
            try:
                data = data[self.sock.send(data) :]
            except BlockingIOError:
                ready(self.sock, self.deadline, writing=True)

    def command(self, text: str) -> None:
        # What came before we asked is not an answer to what we ask.
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
            raise talk.broken(f"answered with what is not a reply: {printable(line, 80)!r}")
        if not lines and found:
            code = found[1]
        lines.append(line[4:] if found else line)
        if found and found[1] == code and found[2] != "-":
            return code, lines
    raise talk.broken(f"sent a reply of more than {_LINES_LIMIT} lines")


def _said(code: str, lines: list[str]) -> str:
    """The whole reply in one line: the last line alone may be an address to read more at."""
    return " ".join((code, *lines))


def _smtp(talk: _Conversation) -> None:
    _mail(talk, "EHLO")


def _mail(talk: _Conversation, greeting: str) -> None:
    code, lines = _reply(talk)
    if code != "220":
        raise talk.refused("turned us away", _said(code, lines))
    talk.command(f"{greeting} {talk.name}")
    code, lines = _reply(talk)
    if code != "250":
        said = _said(code, lines)
        raise talk.refused(f"refused {greeting} {talk.name} (see --starttls-name)", said)
    offers = [line.split(" ")[0].upper() for line in lines[1:]]
    if "STARTTLS" not in offers:
        raise talk.refused("does not offer STARTTLS, only", ", ".join(offers) or "nothing")
    talk.command("STARTTLS")
    code, lines = _reply(talk)
    if code != "220":
        raise talk.refused("refused STARTTLS", _said(code, lines))


def _ftp(talk: _Conversation) -> None:
    code, lines = _reply(talk)
    while code.startswith("1"):
        code, lines = _reply(talk)
    if code != "220":
        raise talk.refused("turned us away", _said(code, lines))
    talk.command("AUTH TLS")
    code, lines = _reply(talk)
    if code != "234":
        raise talk.refused("refused AUTH TLS", _said(code, lines))


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
        if re.match(r"\* BYE\b", line, re.IGNORECASE):
            raise talk.refused("hung up", line)
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
    raise talk.broken(f"answered with what is not a reply: {printable(answer[:20])!r}")


def _lmtp(talk: _Conversation) -> None:
    _mail(talk, "LHLO")


def _nntp(talk: _Conversation) -> None:
    line = talk.line()
    if not re.match(r"20[01]\b", line):
        raise talk.refused("turned us away", line)
    talk.command("STARTTLS")
    line = talk.line()
    if not re.match(r"382\b", line):
        raise talk.refused("refused STARTTLS", line)


def _sieve(talk: _Conversation) -> None:
    """RFC 5804: the server begins with its capabilities, a line each, and then ``OK``."""
    offers = _sieve_reply(talk, "turned us away")
    if not any(line.upper().startswith('"STARTTLS"') for line in offers):
        raise talk.refused("does not offer STARTTLS, only", ", ".join(offers))
    talk.command("STARTTLS")
    _sieve_reply(talk, "refused STARTTLS")


def _sieve_reply(talk: _Conversation, refusal: str) -> list[str]:
    lines: list[str] = []
    while len(lines) < _LINES_LIMIT:
        line = talk.line()
        if re.match(r"OK\b", line, re.IGNORECASE):
            return lines
        if re.match(r"(NO|BYE)\b", line, re.IGNORECASE):
            raise talk.refused(refusal, line)
        if not line.startswith('"'):
            raise talk.broken(f"answered with what is not a reply: {printable(line, 80)!r}")
        lines.append(line)
    raise talk.broken(f"sent more than {_LINES_LIMIT} lines")


#: The extended request StartTLS of RFC 4511, section 4.14: message 1, 1.3.6.1.4.1.1466.20037.
_LDAP_REQUEST = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"


def _ldap(talk: _Conversation) -> None:
    talk.send(_LDAP_REQUEST)
    head = talk.exactly(2)
    size = head[1]
    if head[0] == 0x30 and size & 0x80 and size & 0x7F <= 4:
        size = int.from_bytes(talk.exactly(size & 0x7F), "big")
    if head[0] != 0x30 or size > _LINE_LIMIT:
        raise talk.broken(f"answered with what is not a reply: {printable(head)!r}")
    body = talk.exactly(size)
    # Message 1, an extended response, and in it the result as an ENUMERATED of one byte.
    found = re.match(
        rb"\x02\x01\x01\x78(?:[\0-\x7f]|\x81.|\x82..|\x84....)\x0a\x01(.)", body, re.DOTALL
    )
    if not found:
        raise talk.broken(f"answered with what is not a reply: {printable(body[:20])!r}")
    if found[1] != b"\0":
        raise talk.refused("refused StartTLS", f"result code {found[1][0]}")


_MYSQL_SSL = 0x0800


def _mysql(talk: _Conversation) -> None:
    """The server's greeting, then a login without a name that asks for TLS."""
    head = talk.exactly(4)
    size = int.from_bytes(head[:3], "little")
    if size > _LINE_LIMIT:
        raise talk.broken(f"answered with what is not a reply: {printable(head)!r}")
    greeting = talk.exactly(size)
    if greeting[:1] == b"\xff":
        raise talk.refused("turned us away", printable(greeting[3:], 80))
    # Protocol 10, a version that ends with NUL, a number, eight bytes of salt and NUL.
    version, nul, rest = greeting[1:].partition(b"\0")
    if greeting[:1] != b"\x0a" or not nul or len(rest) < 15:
        raise talk.broken(f"answered with what is not a reply: {printable(greeting[:20])!r}")
    if not int.from_bytes(rest[13:15], "little") & _MYSQL_SSL:
        raise talk.refused("does not offer TLS", printable(version, 60))
    # CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION; 16 MiB; utf8mb4.
    flags = 0x0200 | _MYSQL_SSL | 0x8000
    login = flags.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x2d" + bytes(23)
    talk.send(len(login).to_bytes(3, "little") + bytes([head[3] + 1]) + login)


_XMPP_TLS = "urn:ietf:params:xml:ns:xmpp-tls"
_XMPP_ERROR = "{http://etherx.jabber.org/streams}error"
_XMPP_LIMIT = 65536


def _xmpp(talk: _Conversation) -> None:
    """RFC 6120, section 5: a stream, whose features offer STARTTLS, and its answer."""
    talk.send(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' "
        "xmlns:stream='http://etherx.jabber.org/streams' "
        f"to={quoteattr(talk.domain)}>".encode()
    )
    stream = _Stream(talk)
    features = stream.element()
    if features.tag == _XMPP_ERROR:
        why = features[0].tag.rpartition("}")[2] if len(features) else "no reason"
        raise talk.refused(f"does not serve {printable(talk.domain)} (see --starttls-name)", why)
    if features.find(f"{{{_XMPP_TLS}}}starttls") is None:
        offers = ", ".join(each.tag.rpartition("}")[2] for each in features)
        raise talk.refused("does not offer STARTTLS, only", offers or features.tag)
    talk.send(f"<starttls xmlns='{_XMPP_TLS}'/>".encode())
    answer = stream.element()
    if answer.tag != f"{{{_XMPP_TLS}}}proceed":
        raise talk.refused("refused STARTTLS", answer.tag.rpartition("}")[2])
    stream.finish()


class _Stream:
    """The elements of an XMPP stream, one after the other."""

    def __init__(self, talk: _Conversation) -> None:
        self.talk = talk
        self.parser: Any = ElementTree.XMLPullParser(["start", "end"])
        self.level = 0
        self.taken = b""

    def element(self) -> ElementTree.Element:
        """Return the next element right below the stream itself."""
        try:
            while True:
                for event, element in self.parser.read_events():
                    self.level += 1 if event == "start" else -1
                    if event == "end" and self.level == 1:
                        found: ElementTree.Element = element
                        return found
                self._feed(self.talk.receive())
        except ElementTree.ParseError as error:
            raise self.talk.broken(f"answered with what is not a reply: {error}") from error

    def finish(self) -> None:
        """Make sure that nothing followed the last element: it would count as protected."""
        if next(iter(self.parser.read_events()), None) or not self.taken.endswith(b"/>"):
            raise self.talk.broken("sent plain text after agreeing to TLS (possible injection)")

    def _feed(self, data: bytes) -> None:
        self.taken += data
        if len(self.taken) > _XMPP_LIMIT:
            raise self.talk.broken(f"sent more than {_XMPP_LIMIT} bytes")
        if b"<!" in self.taken or b"<?" in self.taken[2:]:
            raise self.talk.broken("sent a document type or a comment, which no stream has")
        self.parser.feed(data)


#: Protocol name: (default port, the conversation).
PROTOCOLS: dict[str, tuple[int, Callable[[_Conversation], None]]] = {
    "smtp": (587, _smtp),
    "imap": (143, _imap),
    "pop3": (110, _pop3),
    "ftp": (21, _ftp),
    "postgres": (5432, _postgres),
    "lmtp": (24, _lmtp),
    "nntp": (119, _nntp),
    "sieve": (4190, _sieve),
    "ldap": (389, _ldap),
    "mysql": (3306, _mysql),
    "xmpp": (5222, _xmpp),
}


def begin(
    sock: socket.socket,
    protocol: str,
    deadline: Deadline,
    *,
    name: str | None = None,
    host: str = "localhost",
) -> None:
    """Talk *protocol* over *sock* up to the point where TLS begins.

    *name* is what we call ourselves where that is asked for; by default the
    address we speak from, which is never a lie (RFC 5321, section 4.1.3).  *host* is
    who is asked for.

    Raises :class:`Failure` when the server refuses or breaks the protocol,
    :class:`TimeoutError` and other :class:`OSError` from the socket.
    """
    talk = _Conversation(sock, protocol, deadline, name, host)
    PROTOCOLS[protocol][1](talk)
    talk.finish()
