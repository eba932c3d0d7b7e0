"""Just enough HTTP/1.1 for a page: reading requests, writing answers."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

__all__ = ["HEAD_LIMIT", "Answer", "BadRequest", "Request", "head", "plain", "read_request"]

#: Longest request line and headers taken together, in bytes.
HEAD_LIMIT = 16384

_REQUEST_LINE = re.compile(rb"([A-Za-z]{1,20}) ([!-~]{1,8000}) HTTP/1\.([01])")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[ \t]*([^\0-\x08\x0a-\x1f\x7f]*?)[ \t]*")
#: A name or an address with perhaps a port, or nothing (RFC 9110, section 7.2); no list of them.
_HOST = re.compile(
    r"(?:\[[0-9A-Fa-fv:.]+\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?"
)


class BadRequest(Exception):
    """A request that is answered with a status and not looked at further."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass
class Request:
    """A request without a body."""

    method: str
    path: str
    headers: dict[str, str]
    keep_alive: bool

    def accepts(self, kind: str) -> bool:
        """Return whether the client asked for *kind* by name."""
        offered = self.headers.get("accept", "").lower().split(",")
        return any(each.partition(";")[0].strip() == kind for each in offered)


@dataclass
class Answer:
    """A response: a status, its headers, and a body."""

    status: HTTPStatus
    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def read_request(receive: Callable[[], bytes], buffer: bytes) -> tuple[Request | None, bytes]:
    """Read one request, and return it with the bytes that follow it.

    *receive* returns more bytes, or none at the end; a client that ends
    between two requests gives None.  Raises :class:`BadRequest`.
    """
    # Blank lines before a request are to be ignored (RFC 9112, section 2.2).
    buffer = buffer.lstrip(b"\r\n")
    while b"\r\n\r\n" not in buffer:
        if len(buffer) > HEAD_LIMIT:
            raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        data = receive()
        if not data:
            if not buffer:
                return None, b""
            raise BadRequest(HTTPStatus.BAD_REQUEST)
        buffer = (buffer + data).lstrip(b"\r\n") if not buffer else buffer + data
    top, _, rest = buffer.partition(b"\r\n\r\n")
    if len(top) > HEAD_LIMIT:
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    return _parse(top), rest


def _parse(top: bytes) -> Request:
    first, *lines = top.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(first)
    if not found:
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    headers: dict[str, str] = {}
    for line in lines:
        pair = _FIELD.fullmatch(line)
        if not pair:
            raise BadRequest(HTTPStatus.BAD_REQUEST)
        name, value = pair[1].decode("ascii").lower(), pair[2].decode("latin-1")
        # Said twice, neither may hide the other (RFC 9110, section 5.2).
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    hosts = sum(line[:5].lower() == b"host:" for line in lines)
    # More than one must be refused, and one that is not a host (RFC 9112, section 3.2): who
    # comes after us may read it in another way.
    good = hosts == 1 or (not hosts and found[3] == b"0")
    if not good or not _HOST.fullmatch(headers.get("host", "")):
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    connection = headers.get("connection", "").lower()
    # A body would have to be read before the next request; nothing here takes one.
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    keep_alive = found[3] == b"1" and "close" not in connection and not has_body
    path = found[2].decode("ascii")
    return Request(found[1].decode("ascii"), path, headers, keep_alive)


def head(answer: Answer, *, keep_alive: bool) -> bytes:
    """Return the status line and headers of *answer*."""
    fields = {
        "Date": email.utils.formatdate(usegmt=True),
        "Server": "brisktls",
        "Content-Type": answer.kind,
        "Content-Length": str(len(answer.body)),
        "Connection": "keep-alive" if keep_alive else "close",
        "X-Content-Type-Options": "nosniff",
        **answer.headers,
    }
    lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def plain(status: HTTPStatus, text: str = "", **headers: str) -> Answer:
    """Return a short answer in plain text."""
    body = f"{text or f'{status.value} {status.phrase}'}\n".encode()
    fields = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Answer(status, "text/plain; charset=utf-8", body, fields)
