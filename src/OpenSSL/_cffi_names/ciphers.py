"""Versions, groups, signature algorithms and Diffie-Hellman parameters of a Context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from OpenSSL._cffi_names.memory import NULL
from OpenSSL._cffi_names.verdicts import attempt
from OpenSSL.SSL import TLS_METHOD, Context

__all__ = ["FUNCTIONS"]


class ParameterFile:
    """A file of Diffie-Hellman parameters, opened or read as far as C can tell."""

    def __init__(self, path: bytes) -> None:
        self.path = path


def calling(method: Callable[..., object]) -> Callable[..., int]:
    """The method as a C function that says 1 or 0."""

    def function(*arguments: Any) -> int:
        return attempt(method, *arguments)

    return function


def open_file(path: bytes, mode: bytes) -> Any:
    if mode not in {b"r", b"rb"}:
        return NULL
    try:
        with open(path, "rb"):
            return ParameterFile(path)
    except OSError:
        return NULL


def read_parameters(file: ParameterFile, into: Any, callback: Any, data: Any) -> Any:
    # Whether a Context takes them is known only by trying.
    return file if attempt(Context(TLS_METHOD).load_tmp_dh, file.path) else NULL


def set_tmp_dh(context: Context, parameters: ParameterFile) -> int:
    return attempt(context.load_tmp_dh, parameters.path)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "BIO_free": lambda file: 1,
    "BIO_new_file": open_file,
    "DH_free": lambda parameters: None,
    "PEM_read_bio_DHparams": read_parameters,
    "SSL_CTX_set1_curves_list": calling(Context.set_groups_list),
    "SSL_CTX_set1_groups_list": calling(Context.set_groups_list),
    "SSL_CTX_set1_sigalgs_list": calling(Context.set_sigalgs_list),
    "SSL_CTX_set_max_proto_version": calling(Context.set_max_proto_version),
    "SSL_CTX_set_min_proto_version": calling(Context.set_min_proto_version),
    "SSL_CTX_set_tmp_dh": set_tmp_dh,
    "SSL_CTX_set_tmp_ecdh": calling(Context.set_tmp_ecdh),
}
