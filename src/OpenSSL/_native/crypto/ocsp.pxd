cimport OpenSSL._native.common.libcrypto as c

cdef class OCSPResponse:
    cdef c.OCSP_RESPONSE* handle    # owned; NULL until something was loaded; never changed
    cdef c.OCSP_BASICRESP* basic    # owned; NULL where the responder had nothing to say
    cdef object __weakref__

    cdef c.OCSP_BASICRESP* answered(self) except NULL
