"""The hook that takes the place of libssl's verification; `judging` runs it."""

from OpenSSL._native.common.hooks cimport Hooks
from OpenSSL._native.ssl.context cimport Context


def set_cert_verify_callback(Context context not None, callback):
    cdef Hooks hooks
    context.change()
    try:
        hooks = context.hooks.copy()
        hooks.put("cert verify", callback)
        context.hooks = hooks
    finally:
        context.leave()


def get_cert_verify_callback(Context context not None):
    context.enter()
    try:
        return context.hooks.more.get("cert verify")
    finally:
        context.leave()
