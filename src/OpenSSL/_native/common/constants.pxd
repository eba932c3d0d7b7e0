# Declarations of the generated table and of our own numbers.

cdef extern from "compat.h" nogil:
    pass

cdef extern from "numbers.h" nogil:
    int BRISK_SSLv2_METHOD
    int BRISK_SSLv3_METHOD
    int BRISK_SSLv23_METHOD
    int BRISK_TLSv1_METHOD
    int BRISK_TLSv1_1_METHOD
    int BRISK_TLSv1_2_METHOD
    int BRISK_TLS_METHOD
    int BRISK_TLS_SERVER_METHOD
    int BRISK_TLS_CLIENT_METHOD
    int BRISK_DTLS_METHOD
    int BRISK_DTLS_SERVER_METHOD
    int BRISK_DTLS_CLIENT_METHOD
    int BRISK_FILETYPE_TEXT
