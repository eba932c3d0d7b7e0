from OpenSSL._native.ssl.context cimport Context

cdef enum Source:
    CERTIFICATE_FILE
    CHAIN_FILE
    KEY_FILE

# Between change() and leave().
cdef int load_file(
    Context context, Source source, const char* path, int kind, object ask=*) except -1
