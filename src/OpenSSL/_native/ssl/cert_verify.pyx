"""The hook that takes the place of libssl's verification; `judging` runs it."""

from OpenSSL._native.common.hooks cimport ON_CERT_VERIFY
from OpenSSL._native.ssl.context cimport Context


def set_cert_verify_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.set_hook(ON_CERT_VERIFY, callback)


def get_cert_verify_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_CERT_VERIFY)
