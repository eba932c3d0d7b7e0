"""Asynchronous servers in a thread of their own, for clients that block or have another loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import anyio
from anyio.lowlevel import current_token

from kit.sockets import PATIENCE

T = TypeVar("T")

__all__ = ["elsewhere", "ended", "inside"]


def inside(error: BaseException) -> BaseException:
    """What a task raised first, without the groups around it."""
    while hasattr(error, "exceptions"):
        error = error.exceptions[0]
    return error


async def ended(work: Awaitable[T]) -> T:
    """Do the work, then wait until asyncio has closed what the work left to be closed.

    Some programs do not wait themselves, and a transport that is collected warns.
    """
    try:
        return await work
    finally:
        loop: Any = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        # One is the loop's own.
        while len(loop._selector.get_map()) > 1 and loop.time() < deadline:
            await asyncio.sleep(0.01)


@contextlib.contextmanager
def elsewhere(
    serve: Callable[[], AbstractAsyncContextManager[T]], backend: str = "asyncio"
) -> Iterator[T]:
    """What ``serve()`` gives, while a loop in another thread is inside of it."""
    told: Future[tuple[T, anyio.Event, object]] = Future()

    async def main() -> None:
        over = anyio.Event()
        try:
            async with serve() as made:
                told.set_result((made, over, current_token()))
                await over.wait()
        except BaseException as error:
            if told.done():
                raise
            told.set_exception(error)

    ended: Future[None] = Future()

    def run() -> None:
        try:
            ended.set_result(anyio.run(main, backend=backend))
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    made, over, token = told.result(PATIENCE)
    try:
        yield made
    finally:
        anyio.from_thread.run_sync(over.set, token=token)
        ended.result(PATIENCE)
