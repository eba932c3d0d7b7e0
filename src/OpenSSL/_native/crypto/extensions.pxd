cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.owners cimport Owner

cdef class X509Extension(Owner):
    cdef c.X509_EXTENSION* held(self) except NULL

# Wraps a copy.
cdef object copy_extension(c.X509_EXTENSION* borrowed)
# The one place that gives extensions back.
cdef void release_extension(c.X509_EXTENSION* extension) noexcept
