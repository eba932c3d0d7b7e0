cimport OpenSSL._native.common.libcrypto as c

cdef class X509Extension:
    cdef c.X509_EXTENSION* handle   # owned; NULL until filled
    cdef object __weakref__

    cdef c.X509_EXTENSION* held(self) except NULL

# Wraps a copy.
cdef object copy_extension(c.X509_EXTENSION* borrowed)
# The one place that gives extensions back.
cdef void release_extension(c.X509_EXTENSION* extension) noexcept
