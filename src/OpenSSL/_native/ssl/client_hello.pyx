"""The hook that is shown a client's hello before anything is chosen; `hello` runs it."""

from OpenSSL._native.common.hooks cimport ON_CLIENT_HELLO
from OpenSSL._native.ssl.context cimport Context


def set_client_hello_callback(Context context not None, callback):
    context.change()
    try:
        context.hooks = context.hooks.changed(ON_CLIENT_HELLO, callback)
    finally:
        context.leave()


def get_client_hello_callback(Context context not None):
    context.enter()
    try:
        return context.hooks.get(ON_CLIENT_HELLO)
    finally:
        context.leave()
