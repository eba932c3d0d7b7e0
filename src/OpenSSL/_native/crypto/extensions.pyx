"""``X509Extension`` owns an X509_EXTENSION, and never changes once it is made."""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.string cimport strlen

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.crypto.asn1 as asn1
cimport OpenSSL._native.crypto.certificates as certificates
cimport OpenSSL._native.crypto.printing as printing
from OpenSSL._native.common.owners cimport Owner, wrap

cdef extern from "compat.h" nogil:
    c.X509_EXTENSION* X509_get_ext(const c.X509* certificate, int index)
    int X509_add_ext(c.X509* certificate, c.X509_EXTENSION* extension, int index)
    void X509_EXTENSION_free(c.X509_EXTENSION* extension)
    c.X509_EXTENSION* X509_EXTENSION_dup(const c.X509_EXTENSION* extension)
    c.ASN1_OBJECT* X509_EXTENSION_get_object(c.X509_EXTENSION* extension)
    c.ASN1_STRING* X509_EXTENSION_get_data(c.X509_EXTENSION* extension)
    int X509_EXTENSION_get_critical(const c.X509_EXTENSION* extension)
    void X509V3_set_ctx(c.X509V3_CTX* context, c.X509* issuer, c.X509* subject,
        c.X509_REQ* request, c.X509_CRL* crl, int flags)
    void X509V3_set_ctx_nodb(c.X509V3_CTX* context)
    c.X509_EXTENSION* X509V3_EXT_nconf(void* config, c.X509V3_CTX* context, const char* name,
        const char* value)
    void* X509V3_EXT_d2i(c.X509_EXTENSION* extension)


cdef void free(void* handle) noexcept nogil:
    X509_EXTENSION_free(<c.X509_EXTENSION*>handle)


cdef class X509Extension(Owner):
    """The owner of an extension."""

    def __dealloc__(self):
        free(self.handle)

    cdef c.X509_EXTENSION* held(self) except NULL:
        return <c.X509_EXTENSION*>self.some("X509Extension")


cdef object copy_extension(c.X509_EXTENSION* borrowed):
    cdef c.X509_EXTENSION* copied
    errors.clear()
    # First: making an object may run a finaliser, which may have the lender free its own.
    copied = X509_EXTENSION_dup(borrowed)
    if copied == NULL:
        errors.fail_crypto("the extension cannot be copied")
    return wrap(X509Extension, copied, free)


cdef void release_extension(c.X509_EXTENSION* extension) noexcept:
    X509_EXTENSION_free(extension)


def fill(
    X509Extension extension not None,
    bytes name not None,
    bytes value not None,
    certificates.X509 subject,
    certificates.X509 issuer,
) -> None:
    """Make the extension from OpenSSL's configuration language."""
    cdef c.X509V3_CTX context
    cdef c.X509_EXTENSION* made
    cdef c.X509_NAME* moved = NULL
    cdef int parts = 0
    # Not shared: the extension is often for a certificate in the making.
    first = extension if issuer is None else issuer
    second = extension if subject is None else subject
    if b"\0" in name or b"\0" in value:
        raise ValueError("an extension's name and value must not contain a NUL byte")
    with cython.critical_section(first, second):
        # "email:move" takes addresses out of the subject.
        if subject is not None and b"move" in value:
            subject.own()
            moved = c.X509_get_subject_name(subject.held())
            parts = c.X509_NAME_entry_count(moved)
        # A context without a database: nothing outside the value can be reached.
        X509V3_set_ctx(
            &context, NULL if issuer is None else issuer.held(),
            NULL if subject is None else subject.held(), NULL, NULL, 0)
        X509V3_set_ctx_nodb(&context)
        errors.clear()
        made = X509V3_EXT_nconf(NULL, &context, <const char*>name, <const char*>value)
        if moved != NULL and c.X509_NAME_entry_count(moved) != parts:
            certificates.stale(subject.held())
    if made == NULL:
        errors.fail_crypto("the extension cannot be made")
    with cython.critical_section(extension):
        free(extension.handle)
        extension.handle = made


@cython.critical_section
def get_critical(X509Extension extension not None) -> int:
    return X509_EXTENSION_get_critical(extension.held())


@cython.critical_section
def get_short_name(X509Extension extension not None) -> bytes:
    cdef int nid = c.OBJ_obj2nid(X509_EXTENSION_get_object(extension.held()))
    return <bytes>c.OBJ_nid2sn(nid)


@cython.critical_section
def get_data(X509Extension extension not None) -> bytes:
    return asn1.string_bytes(X509_EXTENSION_get_data(extension.held()))


# ---- alternative names

cdef str spelled(const c.ASN1_STRING* text):
    # IA5 is ASCII; what is not stays visible and equals no host name.
    return asn1.string_bytes(text).decode("ascii", "backslashreplace")


cdef str printed(c.GENERAL_NAME* name):
    cdef memory.Memory out = memory.writing()
    # Some versions end an IPv6 address with a newline.
    return printing.print_name(out, name).decode("utf-8", "backslashreplace").rstrip("\n")


cdef tuple name_pair(c.GENERAL_NAME* name):
    cdef int kind = -1
    cdef void* value = c.GENERAL_NAME_get0_value(name, &kind)
    cdef bytes packed
    cdef char* line
    if kind == c.GEN_DNS:
        return "DNS", spelled(<c.ASN1_STRING*>value)
    if kind == c.GEN_EMAIL:
        return "email", spelled(<c.ASN1_STRING*>value)
    if kind == c.GEN_URI:
        return "URI", spelled(<c.ASN1_STRING*>value)
    if kind == c.GEN_IPADD:
        # Slow to load, and rarely wanted.
        import ipaddress

        packed = asn1.string_bytes(<c.ASN1_STRING*>value)
        if PyBytes_GET_SIZE(packed) in (4, 16):
            return "IP Address", str(ipaddress.ip_address(packed))
        return "IP Address", "<invalid>"
    if kind == c.GEN_RID:
        return "Registered ID", asn1.object_name(<c.ASN1_OBJECT*>value).decode("ascii")
    if kind == c.GEN_DIRNAME:
        line = c.X509_NAME_oneline(<c.X509_NAME*>value, NULL, 0)
        if line == NULL:
            errors.fail_crypto("malformed alternative name")
        try:
            return "DirName", PyUnicode_DecodeASCII(line, <Py_ssize_t>strlen(line), "replace")
        finally:
            c.OPENSSL_free(line)
    return "othername", printed(name)


cdef list name_pairs(c.GENERAL_NAMES* names):
    cdef int index
    cdef list pairs = []
    errors.clear()
    for index in range(c.sk_GENERAL_NAME_num(names)):
        pairs.append(name_pair(c.sk_GENERAL_NAME_value(names, index)))
    return pairs


@cython.critical_section
def get_subject_alt_names(certificates.X509 certificate not None) -> list[tuple[str, str]]:
    """``(kind, value)`` of each alternative name; an empty list without the extension."""
    cdef int critical = 0
    cdef c.GENERAL_NAMES* names
    errors.clear()
    names = <c.GENERAL_NAMES*>c.X509_get_ext_d2i(
        certificate.held(), c.NID_subject_alt_name, &critical, NULL)
    if names == NULL:
        if critical == -1:
            return []
        errors.fail_crypto("malformed alternative names")
    try:
        return name_pairs(names)
    finally:
        c.GENERAL_NAMES_free(names)


# ---- as text

cdef str labelled(c.GENERAL_NAME* name):
    # The words OpenSSL prints, but never cut at a NUL byte.
    kind, value = name_pair(name)
    if kind in ("DNS", "email", "URI"):
        return f"{kind}:{value}"
    return printed(name)


@cython.critical_section
def get_text(X509Extension extension not None) -> str:
    cdef memory.Memory out = memory.writing()
    cdef c.X509_EXTENSION* handle = extension.held()
    cdef c.GENERAL_NAMES* names
    cdef int index
    cdef list words = []
    errors.clear()
    if c.OBJ_obj2nid(X509_EXTENSION_get_object(handle)) != c.NID_subject_alt_name:
        return printing.print_extension(out, handle).decode("utf-8", "backslashreplace")
    names = <c.GENERAL_NAMES*>X509V3_EXT_d2i(handle)
    if names == NULL:
        errors.fail_crypto("malformed alternative names")
    try:
        for index in range(c.sk_GENERAL_NAME_num(names)):
            words.append(labelled(c.sk_GENERAL_NAME_value(names, index)))
        return ", ".join(words)
    finally:
        c.GENERAL_NAMES_free(names)


# ---- in certificates

@cython.critical_section
def add_to_certificate(
    certificates.X509 certificate not None, X509Extension extension not None,
) -> None:
    cdef c.X509* handle = certificate.own()
    errors.clear()
    if X509_add_ext(handle, extension.held(), -1) != 1:
        errors.fail_crypto("the extension cannot be added")
    certificates.stale(handle)


@cython.critical_section
def get_from_certificate(certificates.X509 certificate not None, int index) -> Any:
    """A copy of the extension at ``index``, or None when there is none."""
    cdef c.X509_EXTENSION* found = X509_get_ext(certificate.held(), index)
    return None if found == NULL else copy_extension(found)
