from OpenSSL._native.crypto.stores cimport X509Store

# Where libcrypto looks for the platform's certificates; borrowed.
cdef const char* platform_folder() noexcept
cdef X509Store shared_store(bytes file, bytes folder, bint platform)
