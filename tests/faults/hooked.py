"""What allocations fail in, for each hook of a handshake: it lets pass, and it refuses.

Whatever has no memory, a hook that has raised is never passed over, and one that has returned what
is good is either heard or the handshake fails.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from kit import scenes
from OpenSSL import SSL

__all__ = ["SCENARIOS"]

#: Those that `scenarios.callbacks` and `scenarios.sign_elsewhere` have not; the newest version.
NAMES = (
    *("cert-verify", "client-hello", "certificate", "certificate-client", "message-server"),
    *("psk-server", "psk-client", "psk-find", "psk-use", "session-new", "session-get"),
    *("ticket-generate", "ticket-decrypt", "early-data", "early-once", "extension-add-client"),
    *("extension-add-server", "extension-parse-client", "extension-parse-server", "signer-client"),
    *("cookie-generate", "cookie-verify", "security", "security-client"),
)
#: These are asked about a session, which there may have been no memory for before.
ABOUT_SESSIONS = ("session-get", "ticket-decrypt", "early-data", "early-once")


class Refused(ValueError):
    """What a hook raises."""


def passes(name: str) -> None:
    calls = 0

    def hook(*_: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1 and name in scenes.WAITING:
            raise SSL.WantX509LookupError
        return scenes.ANSWERS.get(name, True)

    ours, theirs, _ = scenes.Scene(name, hook, scenes.VERSIONS[name][0]).run()
    if ours is not None:
        raise ours
    if theirs is not None and not isinstance(theirs, SSL.WantReadError):
        raise theirs
    assert calls or name in ABOUT_SESSIONS, "nobody was asked"


def refuses(name: str) -> None:
    calls = 0

    def hook(*_: Any) -> Any:
        nonlocal calls
        calls += 1
        raise Refused

    ours, _, _ = scenes.Scene(name, hook, scenes.VERSIONS[name][0]).run()
    assert ours is not None or (not calls and name in ABOUT_SESSIONS), "a refusal was passed over"


SCENARIOS: dict[str, Callable[[], None]] = {
    f"{what.__name__}_{name.replace('-', '_')}": functools.partial(what, name)
    for name in NAMES
    for what in (passes, refuses)
}
