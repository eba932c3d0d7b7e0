"""What OpenSSL prints, never cut at a NUL byte.

Theory.  OpenSSL's printers take many a text for one of C's: they stop at a NUL byte, or say
that there was no memory, because it stands where a name must have none.  So what they are
given is a copy whose texts have a byte in the place of each NUL that none of them has, and
this byte becomes NUL again in what was printed.  Only texts are changed, and of extensions
that are known: of anything else nobody can say what its bytes mean.
"""

from libc.string cimport memchr, memcmp

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.memory cimport Memory

cdef extern from "compat.h" nogil:
    int X509_print_ex(c.BIO* bio, c.X509* certificate, unsigned long name_flags,
        unsigned long flags)
    int X509_REQ_print_ex(c.BIO* bio, c.X509_REQ* request, unsigned long name_flags,
        unsigned long flags)
    int X509_CRL_print(c.BIO* bio, c.X509_CRL* crl)
    int ASN1_item_i2d(const c.ASN1_VALUE* value, unsigned char** out, const c.ASN1_ITEM* item)
    c.ASN1_VALUE* ASN1_item_d2i(c.ASN1_VALUE** value, const unsigned char** start, long size,
        const c.ASN1_ITEM* item)
    void ASN1_item_free(c.ASN1_VALUE* value, const c.ASN1_ITEM* item)
    const c.ASN1_ITEM* GENERAL_NAME_it()
    const c.ASN1_ITEM* X509_it()
    const c.ASN1_ITEM* X509_CRL_it()
    const c.ASN1_ITEM* X509_EXTENSION_it()
    const c.ASN1_ITEM* X509_REQ_it()
    int GENERAL_NAME_print(c.BIO* bio, c.GENERAL_NAME* name)

cdef enum:
    # Of DER: kinds of elements.
    BOOLEAN = 0x01
    OCTETS = 0x04
    OBJECT = 0x06
    SEQUENCE = 0x30
    SET = 0x31
    CONSTRUCTED = 0x20
    OF_CONTEXT = 0x80
    CLASS = 0xc0

    DEEPEST = 40            # more than any certificate nests
    VISIBLE = 0x20          # bytes below are not text

cdef enum Kind:
    UNKNOWN
    NAMES           # general names stand in sequences
    SUBTREES        # they come first in sequences
    OTHERS          # they stand in elements with a tag of the context's own
    POINTS          # as before, and beside them parts of distinguished names
    POLICY          # texts are octets

cdef struct Element:
    int tag
    unsigned char* body
    unsigned char* end      # of the body, and where the next one begins

cdef struct Texts:
    unsigned int used       # which bytes below VISIBLE the texts have, in bits
    size_t holes            # how many NUL bytes
    int mark                # what to put there; 0: only look


# ---- reading DER

cdef bint next_element(unsigned char* at, unsigned char* end, Element* found) noexcept nogil:
    """False at the end, and if it is not DER."""
    cdef size_t size, count
    if end - at < 2:
        return False
    found.tag = at[0]
    if found.tag & 0x1f == 0x1f:
        return False    # a number of several bytes: nothing we know has one
    size = at[1]
    at += 2
    if size & 0x80:
        count = size & 0x7f
        if count == 0 or count > 4 or <size_t>(end - at) < count:
            return False
        size = 0
        while count:
            size = size << 8 | at[0]
            at += 1
            count -= 1
    if <size_t>(end - at) < size:
        return False
    found.body = at
    found.end = at + size
    return True


cdef Kind kind_of(const unsigned char* identifier, size_t size) noexcept nogil:
    """What the value of an extension is made of, by the content of its OBJECT IDENTIFIER."""
    cdef int last = identifier[size - 1] if size else 0
    if size == 3 and memcmp(identifier, b"\x55\x1d", 2) == 0:
        if last in (17, 18, 29):            # alternative names, certificate issuer
            return NAMES
        if last == 30:                      # name constraints
            return SUBTREES
        if last in (28, 31, 46):            # points
            return POINTS
        if last in (32, 35):                # policies, authority key identifier
            return OTHERS
    elif size == 8 and memcmp(identifier, b"\x2b\x06\x01\x05\x05\x07\x01", 7) == 0:
        if last in (1, 11):                 # access to information
            return NAMES
        if last == 14:                      # of a proxy
            return POLICY
    elif size == 5 and memcmp(identifier, b"\x2a\x85\x03\x64\x6f", 5) == 0:
        return OTHERS                       # the subject's signing tool
    elif size == 9 and memcmp(identifier, b"\x60\x86\x48\x01\x86\xf8\x42\x01", 8) == 0:
        return OTHERS                       # Netscape's comments and addresses
    return UNKNOWN


cdef bint is_text(int tag) noexcept nogil:
    # UTF8String, PrintableString, T61String, IA5String, VisibleString, BMPString
    return tag in (0x0c, 0x13, 0x14, 0x16, 0x1a, 0x1e)


cdef bint is_attribute(Element* whole) noexcept nogil:
    """Whether this is a part of a distinguished name, which OpenSSL escapes."""
    cdef Element identifier
    return (whole.tag == SEQUENCE and next_element(whole.body, whole.end, &identifier)
            and identifier.tag == OBJECT)


cdef bint is_name(int tag, int parent, bint first, Kind kind) noexcept nogil:
    """Whether this is a general name of text: mail, DNS or URI."""
    if tag not in (0x81, 0x82, 0x86):
        return False
    if parent & CLASS == OF_CONTEXT:
        return True
    return kind == NAMES or kind == SUBTREES and first


# ---- the texts of extensions

cdef void note(Element* text, Texts* texts) noexcept nogil:
    cdef unsigned char* at = text.body
    while at < text.end:
        if at[0] == 0:
            texts.holes += 1
            if texts.mark:
                at[0] = <unsigned char>texts.mark
        elif at[0] < VISIBLE:
            texts.used |= 1u << at[0]
        at += 1


cdef void walk_value(
    Element* whole, Kind kind, Texts* texts, int depth,
) noexcept nogil:
    """Note the texts in the value of an extension."""
    cdef Element one
    cdef unsigned char* at = whole.body
    cdef bint first = True
    while depth < DEEPEST and next_element(at, whole.end, &one):
        if (is_text(one.tag) or is_name(one.tag, whole.tag, first, kind)
                or kind == POLICY and one.tag == OCTETS):
            note(&one, texts)
        elif (one.tag & CONSTRUCTED and one.tag != SET
                and not (kind == POINTS and is_attribute(&one))):
            # A set is of a distinguished name, too.
            walk_value(&one, kind, texts, depth + 1)
        at = one.end
        first = False


cdef bint is_extension(Element* whole, Element* value, Kind* kind) noexcept nogil:
    """Whether it is an extension whose texts we know; ``value`` is then what is in it."""
    cdef Element identifier
    if whole.tag != SEQUENCE or not next_element(whole.body, whole.end, &identifier) or (
            identifier.tag != OBJECT):
        return False
    kind[0] = kind_of(identifier.body, identifier.end - identifier.body)
    if kind[0] == UNKNOWN or not next_element(identifier.end, whole.end, value):
        return False
    if value.tag == BOOLEAN and not next_element(value.end, whole.end, value):
        return False
    return value.tag == OCTETS and value.end == whole.end


cdef void walk(
    unsigned char* at, unsigned char* end, Texts* texts, int depth,
) noexcept nogil:
    """Note the texts of all extensions, wherever they are."""
    cdef Element one, value
    cdef Kind kind
    while depth < DEEPEST and next_element(at, end, &one):
        if is_extension(&one, &value, &kind):
            walk_value(&value, kind, texts, depth)
        elif one.tag & CONSTRUCTED:
            walk(one.body, one.end, texts, depth + 1)
        at = one.end


cdef void walk_name(unsigned char* at, unsigned char* end, Texts* texts) noexcept nogil:
    cdef Element whole
    whole.tag = SEQUENCE
    whole.body = at
    whole.end = end
    walk_value(&whole, NAMES, texts, 0)


cdef int fill(unsigned char* der, long size, bint name, Texts* texts) noexcept nogil:
    """Fill the NUL bytes of the texts in ``der``; with what, or 0 where there are none."""
    cdef int mark = 1
    texts.used = 0
    texts.holes = 0
    texts.mark = 0
    if memchr(der, 0, size) == NULL:
        return 0
    if name:
        walk_name(der, der + size, texts)
    else:
        walk(der, der + size, texts, 0)
    if texts.holes == 0:
        return 0
    # Tabs and ends of lines are what OpenSSL prints of its own.
    while mark < VISIBLE and (texts.used >> mark & 1 or mark in (9, 10, 13)):
        mark += 1
    texts.mark = mark if mark < VISIBLE else 1
    if name:
        walk_name(der, der + size, texts)
    else:
        walk(der, der + size, texts, 0)
    return mark


# ---- printing

ctypedef int (*printer)(c.BIO* out, void* thing) noexcept


cdef bytes print_whole(
    Memory out, void* thing, const c.ASN1_ITEM* item, printer show, str failure,
):
    # `out` is made by the caller, before it has the thing in hand: making an object may run a
    # finaliser, which may have it freed.
    cdef Texts texts
    cdef unsigned char* der = NULL
    cdef const unsigned char* at
    cdef void* filled = NULL
    cdef int size, good
    cdef int mark = 0
    errors.clear()
    size = ASN1_item_i2d(<const c.ASN1_VALUE*>thing, &der, item)
    if size > 0:    # else it is not complete, and printed as it is
        mark = fill(der, size, show == show_name, &texts)
        if mark:
            at = der
            filled = ASN1_item_d2i(NULL, &at, size, item)
    c.OPENSSL_free(der)
    good = show(out.bio, thing if filled == NULL else filled)
    if filled == NULL:
        mark = VISIBLE
    else:
        ASN1_item_free(<c.ASN1_VALUE*>filled, item)
    if good != 1:
        errors.fail_crypto(failure)
    printed = out.written()
    return printed if mark == VISIBLE else printed.replace(bytes((mark,)), b"\0")


cdef int show_name(c.BIO* out, void* thing) noexcept:
    return GENERAL_NAME_print(out, <c.GENERAL_NAME*>thing)


cdef bytes print_name(Memory out, c.GENERAL_NAME* name):
    return print_whole(out, name, GENERAL_NAME_it(), show_name, "malformed alternative name")


cdef int show_extension(c.BIO* out, void* thing) noexcept:
    return c.X509V3_EXT_print(out, <c.X509_EXTENSION*>thing, 0, 0)


cdef bytes print_extension(Memory out, c.X509_EXTENSION* extension):
    return print_whole(
        out, extension, X509_EXTENSION_it(), show_extension,
        "OpenSSL has no text for this extension")


cdef int show_certificate(c.BIO* out, void* thing) noexcept:
    return X509_print_ex(out, <c.X509*>thing, 0, 0)


cdef bytes print_certificate(Memory out, c.X509* certificate):
    return print_whole(
        out, certificate, X509_it(), show_certificate, "the certificate cannot be printed")


cdef int show_request(c.BIO* out, void* thing) noexcept:
    return X509_REQ_print_ex(out, <c.X509_REQ*>thing, 0, 0)


cdef bytes print_request(Memory out, c.X509_REQ* request):
    return print_whole(
        out, request, X509_REQ_it(), show_request, "the request cannot be printed")


cdef int show_list(c.BIO* out, void* thing) noexcept:
    return X509_CRL_print(out, <c.X509_CRL*>thing)


cdef bytes print_list(Memory out, c.X509_CRL* crl):
    return print_whole(
        out, crl, X509_CRL_it(), show_list, "the revocation list cannot be printed")
