"""A folder of files over HTTP, from which nothing outside of it can be had."""

from __future__ import annotations

import email.utils
import mimetypes
import os
import stat
import urllib.parse
from collections.abc import Iterator
from http import HTTPStatus

from .web import Answer, plain

__all__ = ["answer", "locate"]

_PIECE = 1 << 18
#: Text kinds need a character set; without one browsers guess.
_TEXT = ("text/", "application/javascript", "application/json", "application/xml")


def answer(root: str, target: str) -> Answer:
    """Return the file that the request target names under *root*, or an error answer."""
    route = target.partition("?")[0]
    path = locate(root, route)
    if path is None:
        return plain(HTTPStatus.NOT_FOUND)
    if os.path.isdir(path):
        if not route.endswith("/"):
            # Relative links in the index would lead to the wrong place.
            return plain(HTTPStatus.MOVED_PERMANENTLY, location=_local(route) + "/")
        path = locate(root, route + "index.html")
    descriptor = _open(path) if path else None
    if descriptor is None or path is None:
        return plain(HTTPStatus.NOT_FOUND)
    status = os.fstat(descriptor)
    headers = {"Last-Modified": email.utils.formatdate(status.st_mtime, usegmt=True)}
    body = _pieces(descriptor, status.st_size)
    return Answer(
        HTTPStatus.OK,
        _kind(path),
        status.st_size,
        body,
        headers,
        done=lambda: os.close(descriptor),
    )


def locate(root: str, route: str) -> str | None:
    """Return the real path for *route* if it exists inside *root*, else None.

    Refused are the parent folder in any spelling, hidden files, NUL bytes,
    and symbolic links whose end lies outside.
    """
    if not route.startswith("/"):
        return None
    parts = [urllib.parse.unquote(part, errors="surrogateescape") for part in route.split("/")]
    for part in parts:
        if part.startswith(".") or "/" in part or "\\" in part or "\0" in part:
            return None
    top = os.path.realpath(root)
    try:
        real = os.path.realpath(os.path.join(top, *[part for part in parts if part]), strict=True)
    except (OSError, ValueError):
        return None
    if os.path.commonpath([top, real]) != top:
        return None
    # "/page.html/" names no file.
    if route.endswith("/") and not os.path.isdir(real):
        return None
    return real


def _local(route: str) -> str:
    # "//host/" in a Location would lead to another host.
    return "/" + route.lstrip("/")


def _open(path: str) -> int | None:
    """Open a regular file only: a FIFO would block, and a link may have come in between."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _pieces(descriptor: int, size: int) -> Iterator[bytes]:
    # No more than was promised, even if the file has grown since.
    while size:
        data = os.read(descriptor, min(size, _PIECE))
        if not data:
            return
        size -= len(data)
        yield data


def _kind(path: str) -> str:
    kind, encoding = mimetypes.guess_type(path)
    if kind is None or encoding is not None:
        return "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(_TEXT) else kind
