cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.memory cimport Memory

# In the words of OpenSSL's printers, and whole where a text in them has a NUL byte.
cdef bytes print_name(Memory out, c.GENERAL_NAME* name)
cdef bytes print_extension(Memory out, c.X509_EXTENSION* extension)
cdef bytes print_certificate(Memory out, c.X509* certificate)
cdef bytes print_request(Memory out, c.X509_REQ* request)
cdef bytes print_list(Memory out, c.X509_CRL* crl)
