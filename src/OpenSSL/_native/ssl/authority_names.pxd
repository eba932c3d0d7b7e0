cimport OpenSSL._native.common.libcrypto as c

# A list of X509Name, copied for libssl.
cdef c.X509_NAME_LIST* new_names(list authorities) except NULL
