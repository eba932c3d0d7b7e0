"""asyncpg over a bridged context, with a real PostgreSQL."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest
from adapters.postgres import USER, Postgres, postgres

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as made:
        yield made


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(test(), 4 * PATIENCE)

    asyncio.run(limited())


async def connect(port: int, context: ssl.SSLContext, **options: Any) -> Any:
    options = {"user": USER, "database": "postgres", "timeout": PATIENCE, **options}
    return await asyncpg.connect(host="localhost", port=port, ssl=context, **options)


def test_large_values_go_both_ways(database: Postgres) -> None:
    async def test() -> None:
        talk = await connect(database.port, bridges.asking())
        for count in (0, 1, 16385, len(BODY)):
            assert await talk.fetchval("SELECT $1::bytea", BODY[:count]) == BODY[:count]
        facts = await talk.fetchrow("SELECT * FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert (facts["ssl"], facts["version"]) == (True, "TLSv1.3")
        assert await talk.fetchval("SELECT sum(n) FROM generate_series(1, 100000) n") == 5000050000
        rows = await talk.fetch("SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n")
        assert [row[0] for row in rows] == list(range(1, 20001))
        await talk.close()

    run(test)


def test_a_pool_and_cancelling(database: Postgres) -> None:
    async def test() -> None:
        pool = await asyncpg.create_pool(
            host="localhost", port=database.port, ssl=bridges.asking(), user=USER,
            database="postgres", min_size=2, max_size=4,
        )  # fmt: skip
        async with pool:
            values = await asyncio.gather(*(pool.fetchval("SELECT $1::int", n) for n in range(50)))
            assert values == list(range(50))
            # A request to cancel goes by a connection of its own, over TLS too.
            with pytest.raises(asyncio.TimeoutError):
                await pool.execute("SELECT pg_sleep(600)", timeout=0.3)
            assert await pool.fetchval("SELECT 1") == 1

    run(test)


@pytest.mark.parametrize("what", ["host", "authority"])
def test_who_is_another_is_refused(database: Postgres, what: str) -> None:
    async def test(port: int) -> None:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            await connect(port, bridges.asking(trusting=what == "host"))
        assert caught.value.verify_code == (62 if what == "host" else 20)

    if what == "authority":
        run(lambda: test(database.port))
        return
    with postgres(authority.wrong_host()) as other:
        run(lambda: test(other.port))


def test_a_cut_is_an_error(database: Postgres) -> None:
    async def test() -> None:
        with relay(database.port, CUT) as cutting:
            talk = await connect(cutting.port, bridges.asking())
            with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
                await talk.fetchval("SELECT $1::bytea", BODY)
            assert cutting.cuts == 1
            assert talk.is_closed()

    run(test)


def test_a_server_that_says_no_gets_no_plain_text() -> None:
    async def test(port: int) -> None:
        with pytest.raises(ConnectionError, match="rejected SSL upgrade"):
            await connect(port, bridges.asking())

    with postgres(tls=False) as plain:
        run(lambda: test(plain.port))


def test_clients_show_their_certificates() -> None:
    async def test(port: int) -> None:
        talk = await connect(port, bridges.asking(authority.client_identity()))
        question = "SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert "CN=client" in await talk.fetchval(question)
        await talk.close()
        for who in (None, authority.client_stranger()):
            with pytest.raises((asyncpg.PostgresError, OSError)):
                await connect(port, bridges.asking(who))

    with postgres(require_client=True) as strict:
        run(lambda: test(strict.port))
