"""The hooks that are shown a client's hello before anything is chosen; `hello` runs them.

A connection may have one of its own.  It comes first and stays when another Context is chosen;
the Context's follows.
"""

from OpenSSL._native.common.hooks cimport ON_CLIENT_HELLO, ON_OWN_HELLO
from OpenSSL._native.ssl.callbacks cimport watch_messages
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context


def set_client_hello_callback(
    Context context not None, callback: Callable[..., Any] | None,
) -> None:
    context.set_hook(ON_CLIENT_HELLO, callback)


def get_client_hello_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_CLIENT_HELLO)


def connection_set_callback(
    Connection connection not None, callback: Callable[..., Any] | None,
) -> None:
    connection.enter()
    try:
        connection.hooks = connection.hooks.changed(ON_OWN_HELLO, callback)
        connection.own(ON_OWN_HELLO)
        watch_messages(connection.handle, connection.hooks)
        connection.settle()
    finally:
        connection.leave()
