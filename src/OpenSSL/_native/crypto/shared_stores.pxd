from OpenSSL._native.crypto.stores cimport X509Store

# The platform's places for certificates (X509_get_default_cert_file); borrowed.
cdef const char* platform_folder() noexcept
cdef X509Store shared_store(bytes file, bytes folder, bint platform)
