"""Making one TLS connection as a client, from a target to a finished handshake."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from OpenSSL import SSL

from . import staples, starttls
from .failures import Failure, from_os_error
from .handshake import alert_of, described, peer_chain
from .keylog import log_keys
from .refusals import from_handshake, from_stream
from .settings import Settings, client_context, no_passphrase
from .target import Opened, Route, Target, ascii_name, is_address, open_socket
from .trust import Verdict
from .waiting import Deadline, carry

__all__ = ["Call", "begin", "dial", "redial", "settle", "so_far"]

#: What is sent early: an empty line, which asks for nothing in any protocol of text.
EARLY = b"\r\n"


@dataclass(eq=False)
class Call:
    """One connection as a client: what was asked for and what came of it."""

    target: Target
    settings: Settings
    name: str
    verdict: Verdict
    deadline: Deadline
    context: SSL.Context
    route: Route
    connection: SSL.Connection = field(init=False)
    opened: Opened = field(init=False)
    error: Exception | None = None
    starttls_protocol: str | None = None
    starttls_seconds: float | None = None
    handshake_seconds: float = 0.0
    certificate_asked: bool = False
    #: How many bytes the server takes early, as the session that was offered to it says.
    early_allowed: int = 0
    early_status: str = "not sent"
    response: bytes = b""
    staple_data: dict[str, Any] = field(default_factory=dict)
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def timer(self) -> SSL.Connection | None:
        """The connection, where it has to be told of the time: over datagrams."""
        return self.connection if self.route.datagrams else None

    @property
    def what(self) -> str:
        """How messages name this connection."""
        return str(self.target)

    def watch(self, connection: SSL.Connection, where: int, ret: int) -> None:
        """Info callback: note whether the server asks for a client certificate."""
        if where & SSL.SSL_CB_LOOP and b"certificate request" in connection.get_state_string():
            self.certificate_asked = True

    def staple(self, connection: SSL.Connection, response: bytes, data: object) -> bool:
        """OCSP callback: keep the response for the report; it decides nothing."""
        self.response = response or b""
        return True

    def judge_staple(self) -> None:
        """Judge what was stapled; raise :class:`Failure` where it speaks against the peer."""
        chain = peer_chain(self.connection, verified=self.verdict.enforce)
        self.staple_data, failure = staples.judge(self.connection, self.response, chain)
        if failure and self.verdict.enforce:
            raise Failure(failure.kind, f"{self.what}: {failure.line}")
        if failure:
            self.verdict.note(failure)

    def hang_up(self) -> None:
        """Send close_notify without waiting for the answer, and close the socket."""
        with contextlib.suppress(SSL.Error, OSError):
            self.connection.shutdown()
        self.opened.socket.close()

    def close(self) -> None:
        """Hang up, and close what was open for it."""
        self.hang_up()
        self.resources.close()


def dial(
    target: Target,
    settings: Settings,
    *,
    servername: str | None = None,
    insecure: bool = False,
    protocol: str | None = None,
    keylog: str | None = None,
    timeout: float = 10.0,
    ask_passphrase: Callable[[str], bytes] = no_passphrase,
    route: Route | None = None,
) -> Call:
    """Connect to *target* and shake hands; raise :class:`Failure` for what goes wrong.

    What was found out until then is in the failure's ``data``.
    """
    name = servername or target.host
    name = name.partition("%")[0] if is_address(name) else ascii_name(name)
    verdict = Verdict(name, enforce=not insecure)
    context = client_context(settings, verdict, ask_passphrase)
    call = Call(target, settings, name, verdict, Deadline(timeout), context, route or Route())
    call.starttls_protocol = protocol
    with contextlib.ExitStack() as stack:
        if keylog:
            log_keys(context, keylog, stack)
        begin(call)
        # The key log stays open for as long as keys may change.
        call.resources = stack.pop_all()
    return call


def redial(call: Call, timeout: float) -> Call:
    """Connect again, and offer a session; the new one says whether it was taken.

    Where the session allows early data, an empty line is sent so.

    What a callback has judged is never resumed.  So it is the session of a connection that
    is verified by OpenSSL alone, as the last one is.
    """
    call.context.set_verify(SSL.VERIFY_PEER if call.verdict.enforce else SSL.VERIFY_NONE)
    call.context.set_ocsp_client_callback(None)
    plain = _once_more(call, timeout, None)
    try:
        settle(plain)
        session = plain.connection.get_session()
    finally:
        plain.close()  # first: some servers serve one client after the other
    return _once_more(call, timeout, session)


def _once_more(call: Call, timeout: float, session: SSL.Session | None) -> Call:
    again = dataclasses.replace(
        call,
        deadline=Deadline(timeout),
        certificate_asked=False,
        response=b"",
        staple_data={},
        resources=contextlib.ExitStack(),
    )
    _connect(again, session)
    return again


def begin(call: Call) -> None:
    """Connect and shake hands; raise :class:`Failure` for what goes wrong."""
    call.context.set_info_callback(call.watch)
    call.context.set_ocsp_client_callback(call.staple)
    _connect(call, None)


def _connect(call: Call, session: SSL.Session | None) -> None:
    try:
        call.opened = open_socket(call.target, call.deadline, call.route)
        try:
            if call.starttls_protocol:
                _plain_text(call, call.starttls_protocol)
            _shake(call, session)
        except BaseException:
            call.opened.socket.close()
            raise
    except Failure as failure:
        failure.data = so_far(call, failure)
        raise


def settle(call: Call, patience: float = 0.25) -> None:
    """Wait a moment for what TLS 1.3 servers send after the handshake.

    Session tickets come only then, and so does the refusal of a client
    certificate (RFC 8446, section 4.4.2).  Nothing is taken from the stream.
    """
    deadline = Deadline(patience + 2 * call.opened.connect_seconds)
    sock = call.opened.socket
    try:
        carry(lambda: call.connection.recv(1, socket.MSG_PEEK), sock, deadline, call.timer)
    except (TimeoutError, SSL.ZeroReturnError, SSL.SysCallError):
        return
    except (SSL.Error, OSError) as error:
        raise from_stream(error, f"{call.what}: after the handshake") from error


def _plain_text(call: Call, protocol: str) -> None:
    start = time.monotonic()
    try:
        starttls.begin(
            call.opened.socket,
            protocol,
            call.deadline,
            name=call.settings.starttls_name,
            host=call.name,
        )
    except OSError as error:
        raise from_os_error(error, f"{call.what}: {protocol} greeting") from error
    except Failure as failure:
        raise Failure(failure.kind, f"{call.what}: {failure.line}") from failure
    call.starttls_seconds = time.monotonic() - start


def _shake(call: Call, session: SSL.Session | None) -> None:
    sock = call.opened.socket
    connection = call.connection = SSL.Connection(call.context, sock)
    connection.set_connect_state()
    if session is not None:
        connection.set_session(session)
        call.early_allowed = session.get_max_early_data()
    if is_address(call.name):
        connection.set_ip_asc(call.name)
    else:
        connection.set_tlsext_host_name(call.name.encode("ascii"))
        connection.set_host(call.name)
    connection.request_ocsp()
    start = time.monotonic()
    try:
        if call.early_allowed >= len(EARLY):
            carry(lambda: connection.write_early_data(EARLY), sock, call.deadline)
        carry(connection.do_handshake, sock, call.deadline, call.timer)
    except (SSL.Error, OSError) as error:
        call.error = error
        raise from_handshake(
            error,
            f"{call.what}: handshake",
            port=call.target.port,
            verdict=call.verdict,
            certificate_asked=call.certificate_asked,
        ) from error
    call.handshake_seconds = time.monotonic() - start
    call.early_status = connection.get_early_data_status()
    if connection.session_reused():
        # Judged when the session was made, and not shown again.
        return
    if connection.get_peer_certificate() is None:
        # Anonymous ciphers, such as "ALL:@SECLEVEL=0" offers, call no verify callback.
        call.verdict.note_no_certificate()
        if call.verdict.enforce:
            raise call.verdict.failure(f"{call.what}: handshake", None, None)
    call.judge_staple()


def so_far(call: Call, failure: Failure) -> dict[str, Any]:
    """Return what is known of a call that ended in *failure*, ready for JSON."""
    chain = call.verdict.presented
    opened = getattr(call, "opened", None)
    if not chain and hasattr(call, "connection"):
        chain = call.connection.get_peer_cert_chain() or []
    return {
        "host": call.target.host,
        "port": call.target.port,
        "address": opened.address if opened else None,
        "family": opened.family if opened else None,
        "starttls": call.starttls_protocol,
        "alert": alert_of(call.error),
        "verification": {
            "verified": False,
            "name": call.name,
            "problems": [each.words for each in call.verdict.findings],
        },
        "chain_kind": "as presented",
        "chain": described(chain, pem=False),
        "ocsp": call.staple_data or None,
    }
