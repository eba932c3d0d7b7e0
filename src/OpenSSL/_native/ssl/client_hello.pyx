"""The hook that is shown a client's hello before anything is chosen; `hello` runs it."""

from OpenSSL._native.common.hooks cimport Hooks
from OpenSSL._native.ssl.context cimport Context


def set_client_hello_callback(Context context not None, callback):
    cdef Hooks hooks
    context.change()
    try:
        hooks = context.hooks.copy()
        hooks.put("client hello", callback)
        context.hooks = hooks
    finally:
        context.leave()


def get_client_hello_callback(Context context not None):
    context.enter()
    try:
        return context.hooks.more.get("client hello")
    finally:
        context.leave()
