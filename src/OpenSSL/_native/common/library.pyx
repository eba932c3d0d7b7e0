"""What the linked libcrypto and libssl say about themselves."""

from libc.limits cimport INT_MAX, INT_MIN
from libc.string cimport strlen


cdef extern from "compat.h" nogil:
    unsigned long OpenSSL_version_num()
    const char* OpenSSL_version(int kind)

cdef extern from "optional_features.h":
    ctypedef struct brisk_feature:
        const char* name
        unsigned long since
        int built
    const brisk_feature* brisk_features

cdef extern from *:
    """
    #ifdef BRISK_BUNDLED
    #define BRISK_OWN_OPENSSL 1
    #else
    #define BRISK_OWN_OPENSSL 0
    #endif
    """
    const int BRISK_OWN_OPENSSL


def version_text(kind not None: int) -> bytes:
    if not INT_MIN <= kind <= INT_MAX:
        return b"not available"
    cdef const char* words = OpenSSL_version(kind)
    # Static text of the library: nobody frees it.
    return b"not available" if words == NULL else words[:strlen(words)]


def version_number() -> int:
    return OpenSSL_version_num()


def is_bundled() -> bool:
    return BRISK_OWN_OPENSSL != 0


def features() -> dict[str, bool]:
    cdef const brisk_feature* each = brisk_features
    cdef unsigned long number = OpenSSL_version_num()
    found = {}
    while each.name != NULL:
        found[each.name.decode("ascii")] = bool(each.built) and number >= each.since
        each += 1
    return found
