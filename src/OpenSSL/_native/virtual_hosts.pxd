from OpenSSL._native.carrier cimport Carrier
from OpenSSL._native.libssl cimport SSL

# What does not suit is kept as the failure where the alert alone says too little.
cdef bint host_fits(SSL* ssl, int* alert, Carrier carrier) noexcept
