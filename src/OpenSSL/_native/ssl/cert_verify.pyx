"""The hook that takes the place of libssl's verification; `judging` runs it."""

from OpenSSL._native.common.hooks cimport ON_CERT_VERIFY
from OpenSSL._native.ssl.context cimport Context


def set_cert_verify_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.change()
    try:
        context.hooks = context.hooks.changed(ON_CERT_VERIFY, callback)
    finally:
        context.leave()


def get_cert_verify_callback(Context context not None) -> Callable[..., Any] | None:
    context.enter()
    try:
        return context.hooks.get(ON_CERT_VERIFY)
    finally:
        context.leave()
