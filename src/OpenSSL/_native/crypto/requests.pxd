cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.crypto.names cimport NameOwner

cdef class X509Req(NameOwner):
    cdef c.X509_REQ* held(self) except NULL
