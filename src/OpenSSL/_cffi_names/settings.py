"""Options and modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from OpenSSL.SSL import Connection, Context

__all__ = ["FUNCTIONS"]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SSL_CTX_clear_mode": Context.clear_mode,
    "SSL_CTX_clear_options": Context.clear_options,
    "SSL_CTX_get_mode": Context.get_mode,
    "SSL_CTX_get_options": Context.get_options,
    "SSL_CTX_set_mode": Context.set_mode,
    "SSL_CTX_set_options": Context.set_options,
    "SSL_clear_mode": Connection.clear_mode,
    "SSL_clear_options": Connection.clear_options,
    "SSL_get_mode": Connection.get_mode,
    "SSL_get_options": Connection.get_options,
    "SSL_set_mode": Connection.set_mode,
    "SSL_set_options": Connection.set_options,
}
