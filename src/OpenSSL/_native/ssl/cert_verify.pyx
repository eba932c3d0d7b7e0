"""The hook that takes the place of libssl's verification; `judging` runs it.

A connection may have one of its own, in the place of its Context's.
"""

from OpenSSL._native.common.hooks cimport ON_CERT_VERIFY
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context


def set_cert_verify_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.set_hook(ON_CERT_VERIFY, callback)


def get_cert_verify_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_CERT_VERIFY)


def connection_set_cert_verify_callback(
    Connection connection not None, callback: Callable[..., Any] | None,
) -> None:
    connection.enter()
    try:
        connection.hooks = connection.hooks.changed(ON_CERT_VERIFY, callback)
        connection.own(ON_CERT_VERIFY)
        connection.settle()     # no session stands for what it says
    finally:
        connection.leave()
