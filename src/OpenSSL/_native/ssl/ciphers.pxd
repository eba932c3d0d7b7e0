from OpenSSL._native.common.libssl cimport SSL_CIPHER
from OpenSSL._native.crypto.keys cimport PKey

cdef dict description(const SSL_CIPHER* cipher)
# The first parameters of Diffie-Hellman in a file.
cdef PKey parameters_from(bytes path)
