cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.owners cimport Owner

cdef class OCSPResponse(Owner):
    cdef c.OCSP_BASICRESP* basic    # owned; NULL where the responder had nothing to say

    cdef c.OCSP_RESPONSE* held(self) except NULL
    cdef c.OCSP_BASICRESP* answered(self) except NULL
