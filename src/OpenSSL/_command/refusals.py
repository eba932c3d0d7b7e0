"""Failed handshakes: from OpenSSL's reasons and TLS's alerts to one clear line."""

from __future__ import annotations

from OpenSSL import SSL

from .failures import Failure, from_os_error
from .printable import printable
from .trust import Verdict

__all__ = ["from_handshake", "from_stream", "reasons"]

#: What OpenSSL says when the bytes that came were never TLS.
_NOT_TLS = (
    "wrong version number",
    "packet length too long",
    "unknown protocol",
    "http request",
    "https proxy request",
    "not ssl",
    "record layer failure",
)
_NO_PROTOCOL = (
    "unsupported protocol",
    "no protocols available",
    "wrong ssl version",
    "version too low",
    "no suitable key share",
)
_NO_CIPHER = (
    "no shared cipher",
    "no ciphers available",
    "no cipher match",
    "wrong cipher returned",
)

#: TLS alerts that a peer sends, with what they mean for the one who gets them.
_ALERTS = {
    70: ("no-common-protocol", "the peer accepts none of the protocol versions offered"),
    71: ("no-common-cipher", "the peer finds the ciphers offered too weak"),
    112: ("name-not-served", "the peer does not serve that name"),
    116: ("certificate-wanted", "the peer wants a client certificate (see --cert)"),
    120: ("no-common-alpn", "the peer speaks none of the application protocols offered"),
}
#: Alerts about a certificate; when the peer sends one, it is about ours.
_CERTIFICATE_ALERTS = {
    41: "none was sent",
    42: "it is not acceptable",
    43: "it is of an unsupported kind",
    44: "it has been revoked",
    45: "it has expired",
    46: "it is not acceptable",
    48: "its authority is not known there",
    51: "its signature does not verify",
}
_HANDSHAKE_FAILURE = 40

#: Ports where a plain-text greeting comes first, and how to ask for TLS there.
_STARTTLS_PORTS = {
    25: "smtp",
    587: "smtp",
    143: "imap",
    110: "pop3",
    21: "ftp",
    5432: "postgres",
}


def reasons(error: Exception) -> list[str]:
    """Return OpenSSL's reasons behind *error*, first cause first."""
    queue = error.args[0] if error.args else None
    if not isinstance(queue, list):
        return []
    return [str(entry[2]) for entry in queue if len(entry) > 2 and entry[2]]


def from_handshake(
    error: Exception, what: str, *, port: int, verdict: Verdict, certificate_asked: bool
) -> Failure:
    """Return the :class:`Failure` for a handshake that ended in *error*."""
    if isinstance(error, SSL.SysCallError | SSL.ZeroReturnError):
        return Failure("closed", f"{what}: the peer closed the connection in mid-handshake")
    if isinstance(error, SSL.Error):
        return _from_error(error, what, port, verdict, certificate_asked)
    if isinstance(error, OSError):
        return from_os_error(error, what)
    raise error


def from_stream(error: Exception, what: str) -> Failure:
    """Return the :class:`Failure` for data that stopped flowing with *error*."""
    if isinstance(error, SSL.SysCallError):
        return Failure("cut-short", f"{what}: the connection ended without a closing message")
    if isinstance(error, SSL.Error):
        alert = _from_alert(error, what, certificate_asked=True)
        return alert or Failure("tls", f"{what}: {_words(error)}")
    if isinstance(error, OSError):
        if isinstance(error, TimeoutError):
            return from_os_error(error, what)
        return Failure("cut-short", f"{what}: {error.strerror or error}")
    raise error


def _from_error(
    error: SSL.Error, what: str, port: int, verdict: Verdict, certificate_asked: bool
) -> Failure:
    said = reasons(error)
    joined = " | ".join(said).lower()
    if "certificate verify failed" in joined:
        return verdict.failure(what, error.verify_code, error.verify_message)
    alert = _from_alert(error, what, certificate_asked)
    if alert:
        return alert
    if any(each in joined for each in _NOT_TLS):
        protocol = _STARTTLS_PORTS.get(port)
        advice = f" (try --starttls {protocol})" if protocol else ""
        return Failure("not-tls", f"{what}: the peer does not speak TLS on this port{advice}")
    if "legacy sigalg disallowed" in joined:
        # What TLS 1.1 and older sign with is below OpenSSL's usual security level.
        line = f"{what}: the peer speaks only versions of TLS that are too weak here"
        line += " (--ciphers ALL:@SECLEVEL=0 allows them, with --min 1.0)"
        return Failure("no-common-protocol", line)
    if any(each in joined for each in _NO_PROTOCOL):
        return Failure("no-common-protocol", f"{what}: no protocol version in common")
    if any(each in joined for each in _NO_CIPHER):
        return Failure("no-common-cipher", f"{what}: no cipher in common")
    if "unexpected eof" in joined:
        return Failure("closed", f"{what}: the peer closed the connection in mid-handshake")
    return Failure("tls", f"{what}: {_words(error)}")


def _from_alert(error: SSL.Error, what: str, certificate_asked: bool) -> Failure | None:
    number = error.alert
    if number is None or error.alert_sent:
        return None  # an alert of ours says nothing of the peer
    if number in _CERTIFICATE_ALERTS and certificate_asked:
        why = _CERTIFICATE_ALERTS[number]
        line = f"{what}: the peer refused our client certificate: {why}"
        return Failure("certificate-refused", line)
    if number == _HANDSHAKE_FAILURE:
        if certificate_asked:
            kind, words = _ALERTS[116]
        else:
            kind, words = "no-common-cipher", "the peer shares no cipher, group or signature kind"
        return Failure(kind, f"{what}: {words}")
    if number in _ALERTS:
        kind, words = _ALERTS[number]
        return Failure(kind, f"{what}: {words}")
    return None


def _words(error: SSL.Error) -> str:
    said = reasons(error)
    if error.alert is not None and not error.alert_sent:
        # OpenSSL says "tlsv1 alert internal error" whatever the version was, and
        # nothing at all of a number it does not know (ssl_err.c, 3.0 to 4.0).
        name = printable(said[-1]).rpartition(" alert ")[2]
        if name.startswith("alert number"):
            name = "unknown"
        return f"the peer gave up with alert {error.alert} ({name})"
    return printable("; ".join(said) if said else str(error) or type(error).__name__)
