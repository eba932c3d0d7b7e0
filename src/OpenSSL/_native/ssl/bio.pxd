from OpenSSL._native.common.libcrypto cimport BIO
from OpenSSL._native.ssl.channel cimport Channel

# A BIO over a channel, owned by the caller until an SSL takes it.
cdef BIO* open_bio(Channel* channel) except NULL
