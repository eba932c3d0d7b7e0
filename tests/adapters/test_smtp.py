"""Mail over bridged contexts: aiosmtpd serves, smtplib and aiosmtplib send."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiosmtplib
import pytest
from adapters.loops import elsewhere, ended
from aiosmtpd.smtp import SMTP

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from OpenSSL._bridge import SSLObject

#: A letter of a hundred records.
LETTER = "Subject: long\r\n\r\n" + "".join(f"line {number}\r\n" for number in range(60_000))
SENDER, RECEIVER = "one@brisk.test", "other@brisk.test"
#: The server's own limit is 32 MiB.
FAR_INTO_THE_ANSWERS = 2_500


class Box:
    """Keeps what was delivered."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append((type(server.transport.get_extra_info("ssl_object")), envelope.content))
        return "250 taken"


@contextlib.contextmanager
def serving(context: ssl.SSLContext, way: str) -> Iterator[tuple[int, Box]]:
    """The port of a server; ``tls`` speaks it from the start, ``starttls`` when asked."""
    box = Box()
    # Not by aiosmtpd's Controller: that one first talks to the server itself.
    upgrade: dict[str, Any] = {}
    if way == "starttls":
        upgrade = {"tls_context": context, "require_starttls": True}

    def protocol() -> SMTP:
        return SMTP(box, loop=asyncio.get_running_loop(), **upgrade)

    @contextlib.asynccontextmanager
    async def server() -> AsyncIterator[int]:
        loop = asyncio.get_running_loop()
        first = context if way == "tls" else None
        made = await loop.create_server(protocol, "127.0.0.1", 0, ssl=first)
        async with made:
            yield made.sockets[0].getsockname()[1]

    with elsewhere(server) as port:
        yield port, box


def by_smtplib(port: int, context: ssl.SSLContext, way: str) -> None:
    if way == "tls":
        with smtplib.SMTP_SSL("localhost", port, timeout=PATIENCE, context=context) as server:
            server.sendmail(SENDER, RECEIVER, LETTER)
    else:
        with smtplib.SMTP("localhost", port, timeout=PATIENCE) as server:
            server.starttls(context=context)
            server.sendmail(SENDER, RECEIVER, LETTER)


def by_aiosmtplib(port: int, context: ssl.SSLContext, way: str) -> None:
    async def send() -> None:
        async with aiosmtplib.SMTP(
            hostname="localhost",
            port=port,
            use_tls=way == "tls",
            start_tls=way != "tls",
            tls_context=context,
            timeout=PATIENCE,
        ) as server:
            await server.sendmail(SENDER, RECEIVER, LETTER)

    asyncio.run(ended(send()))


ways = pytest.mark.parametrize("way", ["tls", "starttls"])
senders = pytest.mark.parametrize("send", [by_smtplib, by_aiosmtplib])


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@ways
@senders
def test_long_letters_arrive(send: Any, way: str) -> None:
    with serving(bridges.serving(), way) as (port, box):
        send(port, bridges.asking(), way)
        send(port, bridges.asking(), way)
    assert box.letters == [(SSLObject, LETTER.encode())] * 2


@ways
@senders
@pytest.mark.parametrize("what", ["host", "authority"])
def test_who_is_another_gets_no_letter(send: Any, way: str, what: str) -> None:
    who = authority.wrong_host() if what == "host" else authority.identity()
    with serving(bridges.serving(who), way) as (port, box):
        with pytest.raises((ssl.SSLCertVerificationError, aiosmtplib.SMTPException)) as caught:
            send(port, bridges.asking(trusting=what == "host"), way)
        [refusal] = [e for e in causes(caught.value) if isinstance(e, ssl.SSLError)][-1:]
        assert isinstance(refusal, ssl.SSLCertVerificationError)
        assert refusal.verify_code == (62 if what == "host" else 20)
    assert not box.letters


@senders
def test_a_cut_is_an_error(send: Any) -> None:
    with (
        serving(bridges.serving(), "tls") as (port, box),
        # The answers are short; so soon after the handshake nothing is delivered.
        relay(port, FAR_INTO_THE_ANSWERS) as cutting,
    ):
        with pytest.raises((OSError, smtplib.SMTPException, aiosmtplib.SMTPException)):
            while True:
                send(cutting.port, bridges.asking(), "tls")
                cutting.most = 1_000
        assert cutting.cuts == 1
        delivered = len(box.letters)
        send(port, bridges.asking(), "tls")
        assert len(box.letters) == delivered + 1


@ways
@senders
def test_clients_show_their_certificates(send: Any, way: str) -> None:
    with serving(bridges.serving(require_client=True), way) as (port, box):
        send(port, bridges.asking(authority.client_identity()), way)
        for who in (None, authority.client_stranger()):
            with pytest.raises((OSError, smtplib.SMTPException, aiosmtplib.SMTPException)):
                send(port, bridges.asking(who), way)
    assert len(box.letters) == 1
