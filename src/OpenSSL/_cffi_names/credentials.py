"""Certificates and how they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from OpenSSL.SSL import Connection, Context

__all__ = ["FUNCTIONS"]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SSL_CTX_set_post_handshake_auth": Context.set_post_handshake_auth,
    "SSL_set_post_handshake_auth": Connection.set_post_handshake_auth,
}
