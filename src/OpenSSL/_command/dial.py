"""Making one TLS connection as a client, from a target to a finished handshake."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from OpenSSL import SSL

from . import files, staples, starttls
from .console import warn
from .failures import Failure, from_os_error
from .handshake import peer_chain
from .printable import printable
from .refusals import from_handshake, from_stream
from .settings import Settings, client_context
from .target import Opened, Target, ascii_name, is_address, open_socket
from .trust import Verdict
from .waiting import Deadline, carry

__all__ = ["Call", "dial", "log_keys", "settle"]


@dataclass
class Call:
    """One connection as a client: what was asked for and what came of it."""

    target: Target
    settings: Settings
    name: str
    verdict: Verdict
    deadline: Deadline
    connection: SSL.Connection = field(init=False)
    opened: Opened = field(init=False)
    starttls_protocol: str | None = None
    starttls_seconds: float | None = None
    handshake_seconds: float = 0.0
    certificate_asked: bool = False
    response: bytes = b""
    staple_data: dict[str, Any] = field(default_factory=dict)
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

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

    def close(self) -> None:
        """Say goodbye without waiting for the answer, and close the socket."""
        with contextlib.suppress(SSL.Error, OSError):
            self.connection.shutdown()
        self.opened.socket.close()
        self.resources.close()


def dial(
    target: Target,
    settings: Settings,
    *,
    servername: str | None,
    insecure: bool,
    protocol: str | None,
    keylog: str | None,
    timeout: float,
    ask_passphrase: Callable[[str], bytes],
) -> Call:
    """Connect to *target* and shake hands; raise :class:`Failure` for what goes wrong."""
    name = servername or target.host
    name = name.partition("%")[0] if is_address(name) else ascii_name(name)
    verdict = Verdict(name, enforce=not insecure)
    context = client_context(settings, verdict, ask_passphrase)
    with contextlib.ExitStack() as stack:
        if keylog:
            log_keys(context, keylog, stack)
        call = Call(target, settings, name, verdict, Deadline(timeout))
        context.set_info_callback(call.watch)
        context.set_ocsp_client_callback(call.staple)
        call.opened = open_socket(target, call.deadline)
        try:
            if protocol:
                _plain_text(call, protocol)
            _shake(call, context)
        except BaseException:
            call.opened.socket.close()
            raise
        # The key log stays open for as long as keys may change.
        call.resources = stack.pop_all()
    return call


def settle(call: Call, patience: float = 0.25) -> None:
    """Wait a moment for what TLS 1.3 servers send after the handshake.

    Session tickets come only then, and so does the refusal of a client
    certificate (RFC 8446, section 4.4.2).  Nothing is taken from the stream.
    """
    deadline = Deadline(patience + 2 * call.opened.connect_seconds)
    sock = call.opened.socket
    try:
        carry(lambda: call.connection.recv(1, socket.MSG_PEEK), sock, deadline)
    except (TimeoutError, SSL.ZeroReturnError, SSL.SysCallError):
        return
    except (SSL.Error, OSError) as error:
        raise from_stream(error, f"{call.what}: after the handshake") from error


def _plain_text(call: Call, protocol: str) -> None:
    start = time.monotonic()
    try:
        starttls.begin(call.opened.socket, protocol, call.deadline, call.settings.starttls_name)
    except OSError as error:
        raise from_os_error(error, f"{call.what}: {protocol} greeting") from error
    except Failure as failure:
        raise Failure(failure.kind, f"{call.what}: {failure.line}") from failure
    call.starttls_protocol = protocol
    call.starttls_seconds = time.monotonic() - start


def _shake(call: Call, context: SSL.Context) -> None:
    sock = call.opened.socket
    connection = call.connection = SSL.Connection(context, sock)
    connection.set_connect_state()
    if is_address(call.name):
        connection.set_ip_asc(call.name)
    else:
        connection.set_tlsext_host_name(call.name.encode("ascii"))
        connection.set_host(call.name)
    connection.request_ocsp()
    start = time.monotonic()
    try:
        carry(connection.do_handshake, sock, call.deadline)
    except (SSL.Error, OSError) as error:
        raise from_handshake(
            error,
            f"{call.what}: handshake",
            port=call.target.port,
            verdict=call.verdict,
            certificate_asked=call.certificate_asked,
        ) from error
    call.handshake_seconds = time.monotonic() - start
    if connection.get_peer_certificate() is None:
        # Anonymous ciphers, such as "ALL:@SECLEVEL=0" offers, call no verify callback.
        call.verdict.note_no_certificate()
        if call.verdict.enforce:
            raise call.verdict.failure(f"{call.what}: handshake", None, None)
    call.judge_staple()


def log_keys(context: SSL.Context, path: str, stack: contextlib.ExitStack) -> None:
    """Append the connection's secrets to *path*, which only its owner can read if it is new."""
    descriptor = files.open_private(path, append=True)
    stack.callback(os.close, descriptor)
    status = os.fstat(descriptor)
    mode = status.st_mode
    if stat.S_ISREG(mode) and (mode & 0o077 or status.st_uid != os.geteuid()):
        warn(f"{printable(path)} holds secrets and can be read by others ({mode & 0o777:04o})")

    def log(connection: SSL.Connection, line: bytes) -> None:
        left = line + b"\n"
        try:
            # All at once, unless there is no room: then the rest says why.
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError as error:
            words = error.strerror or str(error)
            raise Failure("file", f"cannot write {printable(path)}: {words}") from error

    context.set_keylog_callback(log)
