"""Digests and ciphers by the names OpenSSL gives them."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c

cdef extern from "compat.h" nogil:
    const c.EVP_CIPHER* EVP_get_cipherbyname(const char* name)


cdef bytes plain(object name, str refusal):
    # C would read the name up to the first NUL and find something else.
    cdef object given = name.encode("utf-8") if isinstance(name, str) else name
    if not isinstance(given, bytes):
        raise TypeError("the name of an algorithm must be a str")
    if b"\0" in given:
        raise ValueError(refusal)
    return given


cdef const c.EVP_MD* find_digest(object name) except NULL:
    cdef bytes spelled = plain(name, "No such digest method")
    cdef const c.EVP_MD* found
    errors.clear()
    found = c.EVP_get_digestbyname(spelled)
    if found == NULL:
        errors.clear()
        raise ValueError(f"No such digest method: {spelled.decode('utf-8', 'replace')!r}")
    return found


cdef const c.EVP_CIPHER* find_cipher(object name) except NULL:
    cdef bytes spelled = plain(name, "Invalid cipher name")
    cdef const c.EVP_CIPHER* found
    errors.clear()
    found = EVP_get_cipherbyname(spelled)
    if found == NULL:
        errors.clear()
        raise ValueError("Invalid cipher name")
    return found
