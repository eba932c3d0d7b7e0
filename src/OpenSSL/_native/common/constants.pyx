"""Constants of OpenSSL: the generated C table as attributes of this module.

``__all__`` holds the names for ``OpenSSL.SSL`` that the headers have; those
they lack are in ``absent`` with the OpenSSL version that has them.
"""

cdef extern from "constants.h":
    ctypedef struct brisk_constant:
        const char* name
        const char* since
        int home
        long long value
    int BRISK_SSL
    int BRISK_CRYPTO
    int BRISK_BOTH
    int BRISK_CODE
    int BRISK_FLAG
    const brisk_constant* brisk_constants


absent = {}


def _class(str name, str module, str text, dict numbers):
    return type(name, (), {"__module__": module, "__doc__": text, **numbers})


def _fill(dict module):
    cdef const brisk_constant* each = brisk_constants
    cdef dict codes = {}
    cdef dict flags = {}
    cdef list names = []
    while each.name != NULL:
        name = each.name.decode("ascii")
        if each.since != NULL:
            if each.home == BRISK_CODE:
                name = "X509VerificationCodes." + name
            elif each.home == BRISK_FLAG:
                name = "X509StoreFlags." + name
            absent[name] = each.since.decode("ascii")
        elif each.home == BRISK_CODE:
            codes[name] = each.value
        elif each.home == BRISK_FLAG:
            flags[name] = each.value
        else:
            module[name] = each.value
            if each.home != BRISK_CRYPTO:
                names.append(name)
        each += 1
    module["X509VerificationCodes"] = _class(
        "X509VerificationCodes", "OpenSSL.SSL",
        "What a check of a certificate chain can find.", codes,
    )
    module["X509StoreFlags"] = _class(
        "X509StoreFlags", "OpenSSL.crypto",
        "How an X509Store checks a certificate chain.", flags,
    )
    names.append("X509VerificationCodes")
    names.sort()
    module["__all__"] = names


_fill(globals())
