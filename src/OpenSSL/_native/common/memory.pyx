"""Bytes as OpenSSL reads and writes them: a memory BIO that frees itself.

For the encoders and decoders of libcrypto only; a connection's transport is
another matter and lives in ``bio``.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.limits cimport INT_MAX

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c

from OpenSSL._native.common.errors import memory_ended as _memory_ended

cdef extern from "compat.h" nogil:
    c.BIO* BIO_new_mem_buf(const void* data, int size)
    c.BIO* BIO_new_file(const char* path, const char* mode)
    const c.BIO_METHOD* BIO_s_mem()
    int BIO_free(c.BIO* bio)
    long BIO_get_mem_data(c.BIO* bio, char** data)


cdef class Memory:
    def __cinit__(self):
        self.bio = NULL

    def __dealloc__(self):
        BIO_free(self.bio)

    cdef bytes written(self):
        cdef char* data = NULL
        cdef long size
        # OpenSSL's printers do not look whether there was room for their words.
        if _memory_ended():
            errors.fail_crypto("no memory for what was to be written")
        size = BIO_get_mem_data(self.bio, &data)
        if size <= 0:
            return b""
        return PyBytes_FromStringAndSize(data, size)


cdef Memory reading(bytes content):
    """A BIO over ``content``, which it keeps alive."""
    cdef Memory made = Memory.__new__(Memory)
    if PyBytes_GET_SIZE(content) > INT_MAX:
        raise ValueError("the data is longer than 2 GiB")
    made.content = content
    errors.clear()
    made.bio = BIO_new_mem_buf(PyBytes_AS_STRING(content), <int>PyBytes_GET_SIZE(content))
    if made.bio == NULL:
        errors.fail_crypto("no memory for a BIO")
    return made


cdef Memory writing():
    """An empty BIO that grows as it is written to."""
    cdef Memory made = Memory.__new__(Memory)
    errors.clear()
    made.bio = c.BIO_new(BIO_s_mem())
    if made.bio == NULL:
        errors.fail_crypto("no memory for a BIO")
    return made


cdef Memory opened(bytes path):
    """A BIO that reads a file, or None when it cannot be read."""
    cdef Memory made = Memory.__new__(Memory)
    errors.clear()
    made.bio = BIO_new_file(PyBytes_AS_STRING(path), b"rb")
    return None if made.bio == NULL else made
