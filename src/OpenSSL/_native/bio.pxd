from OpenSSL._native.channel cimport Channel
from OpenSSL._native.libcrypto cimport BIO

# A BIO over a channel, owned by the caller until an SSL takes it.
cdef BIO* open_bio(Channel* channel) except NULL
