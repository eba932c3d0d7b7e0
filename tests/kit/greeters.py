"""Servers that speak plain text first: scripted greetings over real sockets, then TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence

from kit import authority
from kit.sockets import LOOPBACK, PATIENCE

__all__ = ["GREETINGS", "greeter", "listening_server"]

#: For each protocol, what the server says, with None where it waits for the client,
#: and a number where it waits for so many bytes: TLS follows them at once.
GREETINGS: dict[str, Sequence[bytes | int | None]] = {
    "smtp": (
        b"220-mail.test welcomes you\r\n220 mail.test ESMTP\r\n",
        None,
        b"250-mail.test\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
        None,
        b"220 go ahead\r\n",
    ),
    "imap": (
        b"* OK IMAP4rev1 ready\r\n",
        None,
        b"* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n",
    ),
    "pop3": (b"+OK POP3 ready <1@mail.test>\r\n", None, b"+OK begin\r\n"),
    "ftp": (b"120 soon\r\n220-files.test\r\n note\r\n220 ready\r\n", None, b"234 begin\r\n"),
    "postgres": (None, b"S"),
    "lmtp": (
        b"220 mail.test LMTP\r\n",
        None,
        b"250-mail.test\r\n250 STARTTLS\r\n",
        None,
        b"220 go\r\n",
    ),
    "nntp": (b"200 news.test\r\n", None, b"382 begin\r\n"),
    "sieve": (b'"IMPLEMENTATION" "test"\r\n"STARTTLS"\r\nOK\r\n', None, b"OK begin\r\n"),
    "ldap": (None, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
    "mysql": (
        b"\x20\x00\x00\x00\x0a8.0.0\0" + bytes(4) + b"saltsalt\0" + b"\x00\x0a" + bytes(10),
        36,
    ),
    "xmpp": (
        None,
        (
            b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' version='1.0' "
            b"xmlns:stream='http://etherx.jabber.org/streams'>"
        ),
        b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
        None,
        b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    ),
}


@contextlib.contextmanager
def listening_server(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on a free port that gives each socket to *handle*, in a thread each."""
    listener = socket.create_server((LOOPBACK, 0))
    threads: list[threading.Thread] = []

    def one(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            sock.settimeout(PATIENCE)
            handle(sock)

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=one, args=(sock,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join(PATIENCE)


@contextlib.contextmanager
def greeter(
    script: Sequence[bytes | int | None], heard: list[bytes] | None = None, *, tls: bool = True
) -> Iterator[int]:
    """A server that follows *script* and then speaks TLS with the standard library."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = authority.identity().files
    context.load_cert_chain(files.chain, files.key)
    listened = heard if heard is not None else []

    def handle(sock: socket.socket) -> None:
        for line in script:
            if line is None:
                listened.append(sock.recv(4096))
            elif isinstance(line, int):
                listened.append(sock.recv(line, socket.MSG_WAITALL))
            else:
                sock.sendall(line)
        speaker = context.wrap_socket(sock, server_side=True) if tls else sock
        with speaker, contextlib.suppress(OSError):
            while speaker.recv(4096):
                pass

    with listening_server(handle) as port:
        yield port
