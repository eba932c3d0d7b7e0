"""Setting the callback that `permitting` runs."""

from OpenSSL._native.common.hooks cimport ON_SECURITY
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.permitting cimport watch_context, watch_security


def set_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.change()
    try:
        context.hooks = context.hooks.changed(ON_SECURITY, callback)
        # Never taken away again: connections made before still have their hook.
        if callback is not None:
            watch_context(context.handle)
    finally:
        context.leave()


def get_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_SECURITY)


def connection_set_callback(
    Connection connection not None, callback: Callable[..., Any] | None,
) -> None:
    connection.enter()
    try:
        connection.hooks = connection.hooks.changed(ON_SECURITY, callback)
        connection.own(ON_SECURITY)
        connection.permitted = None
        watch_security(connection.handle, connection.hooks)
        connection.settle()
    finally:
        connection.leave()
