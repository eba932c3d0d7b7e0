"""Sessions and ticket keys shared by many processes and hosts."""

from __future__ import annotations

from OpenSSL.fleet.counters import Counters
from OpenSSL.fleet.fleet import Fleet
from OpenSSL.fleet.keys import Policy, TicketKey, TicketKeys
from OpenSSL.fleet.memory import MemoryStore
from OpenSSL.fleet.reports import Report
from OpenSSL.fleet.sealing import SealError
from OpenSSL.fleet.sessions import SessionCache
from OpenSSL.fleet.shared_file import SharedFile
from OpenSSL.fleet.store import SessionStore, StoreError
from OpenSSL.fleet.valkey import Valkey

__all__ = [
    "Counters",
    "Fleet",
    "MemoryStore",
    "Policy",
    "Report",
    "SealError",
    "SessionCache",
    "SessionStore",
    "SharedFile",
    "StoreError",
    "TicketKey",
    "TicketKeys",
    "Valkey",
]
