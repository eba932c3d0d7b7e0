"""``StapleFile``: an OCSP response in a file, stapled while it holds and renewed in time."""

from __future__ import annotations

import os

from OpenSSL._exceptions import CryptoError, OCSPError
from OpenSSL._face.common.arguments import path_bytes
from OpenSSL._face.common.showing import shown
from OpenSSL._face.crypto.certificates import certificate as ours
from OpenSSL._face.crypto.ocsp import OCSPResponse, ocsp_request, ocsp_urls
from OpenSSL._face.crypto.stores import X509Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from typing import Any

    from OpenSSL._face.crypto.certificates import X509

__all__ = ["StapleFile"]

#: Seconds that clocks may be apart; see `OCSPResponse.verify`.
_APART = 300
#: Responses are a few kilobytes; a responder that sends more is not a real one.
_LIMIT = 256 * 1024


class StapleFile:
    """A stapled response kept in a file, for ``Context.set_ocsp_server_callback``.

    Called with a connection it returns the bytes to staple: those of the file, which
    is read again when it has changed, or none where it is absent or does not vouch for
    the certificate now.  So another process may renew the file, or :meth:`refresh` of
    this object, from a thread or a timer; handshakes never wait for a responder.
    """

    __module__ = "OpenSSL.crypto"

    def __init__(
        self, path: str | os.PathLike[str], chain: Sequence[X509], store: X509Store
    ) -> None:
        """Keep the response about ``chain[0]`` at ``path``; the file need not exist yet.

        ``chain`` and ``store`` are those of :meth:`OCSPResponse.verify`.
        """
        path_bytes(path)
        self._path = os.fspath(path)
        self._chain = [ours(each) for each in chain]
        if not isinstance(store, X509Store):
            raise TypeError("store must be an X509Store")
        self._store = store
        #: What the file looked like, its bytes, and from when to when they hold.
        self._seen: tuple[tuple[int, ...], bytes, Any, Any] = ((), b"", None, None)

    def __repr__(self) -> str:
        return shown(self, lambda: [str(self._path)])

    def __call__(self, connection: object = None, data: object = None) -> bytes:
        """Return the response to staple, in DER, or ``b""`` where none holds now."""
        import datetime

        _, response, start, end = self._look()
        now = datetime.datetime.now(datetime.timezone.utc)
        # The responder's clock may be ahead, as `OCSPResponse.verify` allows for.
        apart = datetime.timedelta(seconds=_APART)
        return response if response and start - apart <= now < end else b""

    def is_due(self) -> bool:
        """Return whether half of the response's time is over, or there is none."""
        import datetime

        _, response, start, end = self._look()
        now = datetime.datetime.now(datetime.timezone.utc)
        return not response or now >= start + (end - start) / 2

    def refresh(self, url: str | None = None, timeout: float = 10.0) -> OCSPResponse:
        """Ask a responder now, and put its response in the place of the file's.

        The responder is ``url``, or else the first that the certificate names.  Only a
        response that :meth:`OCSPResponse.verify` finds good replaces the file, all at
        once.  ``timeout`` is in seconds.

        Raises OCSPError where the response does not vouch for the certificate or none
        came that can be read, ValueError where nobody is named, OSError for the
        network and the file.
        ``OCSP_basic_verify(3)``
        """
        certificate, issuer = self._chain[0], self._chain[min(1, len(self._chain) - 1)]
        for place in (url,) if url else ocsp_urls(certificate):
            data = _ask(place, ocsp_request(certificate, issuer), timeout)
            try:
                response = OCSPResponse.from_bytes(data)
            except CryptoError as error:
                raise OCSPError("malformed", f"{place}: not an OCSP response") from error
            response.verify(self._chain, self._store)
            _replace(self._path, data)
            return response
        raise ValueError("the certificate names no OCSP responder")

    def _look(self) -> tuple[tuple[int, ...], bytes, Any, Any]:
        """Read the file if it has changed; what does not hold counts as absent."""
        try:
            status = os.stat(self._path)
            mark = (status.st_ino, status.st_size, status.st_mtime_ns)
            if mark != self._seen[0]:
                with open(self._path, "rb") as file:
                    self._seen = (mark, *self._judge(file.read(_LIMIT)))
        except OSError:
            self._seen = ((), b"", None, None)
        return self._seen

    def _judge(self, data: bytes) -> tuple[bytes, Any, Any]:
        import datetime

        try:
            answer = OCSPResponse.from_bytes(data).verify(self._chain, self._store)
        except (CryptoError, OCSPError):
            return b"", None, None
        start: Any = answer.this_update
        end: datetime.datetime = answer.next_update or start + datetime.timedelta(days=1)
        return data, start, end


def _ask(url: str, request: bytes, timeout: float) -> bytes:
    import urllib.parse
    import urllib.request

    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"not the address of an OCSP responder: {url!r}")
    headers = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
    asked = urllib.request.Request(url, data=request, headers=headers, method="POST")
    with urllib.request.urlopen(asked, timeout=timeout) as answer:
        data: bytes = answer.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise OCSPError("malformed", f"{url}: more than {_LIMIT} bytes")
    return data


def _replace(path: str, data: bytes) -> None:
    """Write *data* beside *path* and put it there all at once; others may be reading."""
    import tempfile

    descriptor, name = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".staple-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # a response is public, and the server may be another user
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
