"""OpenSSL's random generator."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.limits cimport INT_MAX

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c

cdef extern from "compat.h" nogil:
    int RAND_status()
    void RAND_add(const void* data, int size, double entropy)


def add(bytes data not None, double entropy) -> None:
    if PyBytes_GET_SIZE(data) > INT_MAX:
        raise ValueError("the data is longer than 2 GiB")
    RAND_add(PyBytes_AS_STRING(data), <int>PyBytes_GET_SIZE(data), entropy)


def status() -> int:
    return RAND_status()


def take(int size) -> bytes:
    cdef bytes out = PyBytes_FromStringAndSize(NULL, size)
    errors.clear()
    if c.RAND_bytes(<unsigned char*>PyBytes_AS_STRING(out), size) != 1:
        errors.fail_crypto("no randomness")
    return out
