"""A certificate as the dictionary that the ``ssl`` module makes of it.

Theory.  Programs compare these dictionaries, so their words, their order and what is
left out are the module's own: OpenSSL's long names, IPv6 addresses in capitals without
abbreviation, one line of what OpenSSL prints for rare kinds of names.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.crypto.asn1 as asn1
cimport OpenSSL._native.crypto.printing as printing
from OpenSSL._native.crypto.certificates cimport X509

import struct

cdef extern from "compat.h" nogil:
    int NID_ad_OCSP
    int NID_ad_ca_issuers
    int NID_crl_distribution_points
    int NID_info_access
    int V_ASN1_BIT_STRING
    int ASN1_TIME_print(c.BIO* bio, const c.ASN1_TIME* time)
    int i2a_ASN1_INTEGER(c.BIO* bio, const c.ASN1_INTEGER* number)
    int X509_NAME_ENTRY_set(const c.X509_NAME_ENTRY* entry)
    int X509_check_ca(c.X509* certificate)
    void AUTHORITY_INFO_ACCESS_free(c.AUTHORITY_INFO_ACCESS* access)
    int sk_ACCESS_DESCRIPTION_num(const c.AUTHORITY_INFO_ACCESS* access)
    c.ACCESS_DESCRIPTION* sk_ACCESS_DESCRIPTION_value(const c.AUTHORITY_INFO_ACCESS* access,
        int index)
    void CRL_DIST_POINTS_free(c.CRL_DIST_POINTS* points)
    int sk_DIST_POINT_num(const c.CRL_DIST_POINTS* points)
    c.DIST_POINT* sk_DIST_POINT_value(const c.CRL_DIST_POINTS* points, int index)
    c.GENERAL_NAMES* brisk_point_names(const c.DIST_POINT* point)

cdef enum:
    LINE = 2047     # bytes; the module's own buffers hold no more of a line


# ---- words

cdef str kind_text(const c.ASN1_OBJECT* kind):
    """OpenSSL's long name for an object identifier, or its dotted numbers."""
    cdef bytes text
    cdef int size = c.OBJ_obj2txt(NULL, 0, kind, 0)
    if size < 0:
        errors.fail_crypto("malformed object identifier")
    text = PyBytes_FromStringAndSize(NULL, size + 1)
    if c.OBJ_obj2txt(PyBytes_AS_STRING(text), size + 1, kind, 0) != size:
        errors.fail_crypto("malformed object identifier")
    return text[:size].decode()


cdef bytes first_line(bytes text):
    """What a reader of lines gets of what was printed, its newline included."""
    return text[:text.find(b"\n") + 1 or LINE][:LINE]


cdef str raw_text(const c.ASN1_STRING* text):
    return asn1.string_bytes(text).decode()


# ---- names

cdef object value_of(const c.ASN1_STRING* value):
    """Text, but bytes for a string of bits."""
    if c.ASN1_STRING_type(value) == V_ASN1_BIT_STRING:
        return asn1.string_bytes(value)
    return asn1.string_text(value)


cdef tuple name_parts(const c.X509_NAME* name):
    """A tuple for each relative name, of pairs of a long name and a value."""
    cdef list parts = []
    cdef list part = []
    cdef c.X509_NAME_ENTRY* entry
    cdef int index, place
    cdef int before = -1
    for index in range(c.X509_NAME_entry_count(name)):
        entry = c.X509_NAME_get_entry(name, index)
        place = X509_NAME_ENTRY_set(entry)
        if part and place != before:
            parts.append(tuple(part))
            part = []
        before = place
        part.append((
            kind_text(c.X509_NAME_ENTRY_get_object(entry)),
            value_of(c.X509_NAME_ENTRY_get_data(entry)),
        ))
    if part:
        parts.append(tuple(part))
    return tuple(parts)


cdef str address_text(const c.ASN1_STRING* address):
    cdef bytes packed = asn1.string_bytes(address)
    if len(packed) == 4:
        return "%d.%d.%d.%d" % tuple(packed)
    if len(packed) == 16:
        return "%X:%X:%X:%X:%X:%X:%X:%X" % struct.unpack("!8H", packed)
    return "<invalid>"


cdef tuple printed_name(c.GENERAL_NAME* name):
    cdef memory.Memory out = memory.writing()
    cdef bytes line
    line = first_line(printing.print_name(out, name))
    kind, colon, value = line.partition(b":")
    if not colon:
        raise ValueError(f"Invalid value {line[:200].decode('utf-8', 'replace')}")
    return kind.decode(), value.decode()


cdef tuple alternative(c.GENERAL_NAME* name):
    cdef int kind = -1
    cdef void* value = c.GENERAL_NAME_get0_value(name, &kind)
    if kind == c.GEN_DIRNAME:
        return "DirName", name_parts(<c.X509_NAME*>value)
    if kind == c.GEN_EMAIL:
        return "email", raw_text(<c.ASN1_STRING*>value)
    if kind == c.GEN_DNS:
        return "DNS", raw_text(<c.ASN1_STRING*>value)
    if kind == c.GEN_URI:
        return "URI", raw_text(<c.ASN1_STRING*>value)
    if kind == c.GEN_RID:
        return "Registered ID", kind_text(<c.ASN1_OBJECT*>value)
    if kind == c.GEN_IPADD:
        return "IP Address", address_text(<c.ASN1_STRING*>value)
    return printed_name(name)


cdef tuple alternatives(const c.X509* certificate):
    """The subject's alternative names; None where the extension is missing or malformed."""
    cdef list found = []
    cdef int index
    cdef c.GENERAL_NAMES* names = <c.GENERAL_NAMES*>c.X509_get_ext_d2i(
        certificate, c.NID_subject_alt_name, NULL, NULL)
    if names == NULL:
        return None
    try:
        for index in range(c.sk_GENERAL_NAME_num(names)):
            found.append(alternative(c.sk_GENERAL_NAME_value(names, index)))
        return tuple(found)
    finally:
        c.GENERAL_NAMES_free(names)


# ---- places

cdef int add_place(list places, c.GENERAL_NAME* name) except -1:
    cdef int kind = -1
    cdef void* value = c.GENERAL_NAME_get0_value(name, &kind)
    if kind == c.GEN_URI:
        places.append(raw_text(<c.ASN1_STRING*>value))
    return 0


cdef tuple access_places(const c.X509* certificate, int method):
    """Where to ask an authority, by one method; None where it says nothing of that."""
    cdef list places = []
    cdef int index
    cdef c.ACCESS_DESCRIPTION* one
    cdef c.AUTHORITY_INFO_ACCESS* access = <c.AUTHORITY_INFO_ACCESS*>c.X509_get_ext_d2i(
        certificate, NID_info_access, NULL, NULL)
    if access == NULL:
        return None
    try:
        for index in range(sk_ACCESS_DESCRIPTION_num(access)):
            one = sk_ACCESS_DESCRIPTION_value(access, index)
            if c.OBJ_obj2nid(one.method) == method:
                add_place(places, one.location)
    finally:
        AUTHORITY_INFO_ACCESS_free(access)
    return tuple(places) or None


cdef tuple revocation_places(const c.X509* certificate):
    """Where the lists of revoked certificates are; None where it does not say."""
    cdef list places = []
    cdef int index, each
    cdef c.GENERAL_NAMES* names
    cdef c.CRL_DIST_POINTS* points = <c.CRL_DIST_POINTS*>c.X509_get_ext_d2i(
        certificate, NID_crl_distribution_points, NULL, NULL)
    if points == NULL:
        return None
    try:
        for index in range(sk_DIST_POINT_num(points)):
            names = brisk_point_names(sk_DIST_POINT_value(points, index))
            for each in range(c.sk_GENERAL_NAME_num(names)):
                add_place(places, c.sk_GENERAL_NAME_value(names, each))
    finally:
        CRL_DIST_POINTS_free(points)
    return tuple(places) or None


# ---- the whole

cdef str serial_text(const c.X509* certificate):
    cdef memory.Memory out = memory.writing()
    i2a_ASN1_INTEGER(out.bio, c.X509_get0_serialNumber(certificate))
    return first_line(out.written()).decode()


cdef str time_text(const c.ASN1_TIME* time):
    cdef memory.Memory out = memory.writing()
    ASN1_TIME_print(out.bio, time)    # says "Bad time value" where it is none
    return first_line(out.written()).decode()


@cython.critical_section
def describe(X509 certificate not None) -> dict[str, Any]:
    """The certificate as ``ssl.SSLSocket.getpeercert`` has it."""
    cdef c.X509* handle = certificate.held()
    errors.clear()
    found = {
        "subject": name_parts(c.X509_get_subject_name(handle)),
        "issuer": name_parts(c.X509_get_issuer_name(handle)),
        "version": c.X509_get_version(handle) + 1,
        "serialNumber": serial_text(handle),
        "notBefore": time_text(c.X509_get0_notBefore(handle)),
        "notAfter": time_text(c.X509_get0_notAfter(handle)),
    }
    rare = (
        ("subjectAltName", alternatives(handle)),
        ("OCSP", access_places(handle, NID_ad_OCSP)),
        ("caIssuers", access_places(handle, NID_ad_ca_issuers)),
        ("crlDistributionPoints", revocation_places(handle)),
    )
    for name, value in rare:
        if value is not None:
            found[name] = value
    errors.clear()
    return found


@cython.critical_section
def is_authority(X509 certificate not None) -> bool:
    """Whether OpenSSL takes the certificate for one that may sign others."""
    cdef int answer = X509_check_ca(certificate.held())
    errors.clear()
    return answer != 0
