/* A digest of what decides whom a connection believes.
 *
 * Theory.  By contents: what was set in the same way, in this process or another, gives the
 * same 32 bytes.  Each part goes in with a tag and its length, so that no two lists of parts
 * look alike.  No Python runs; where there is no memory the answer is 0, and nobody may take
 * the digest for anything.
 *
 * A store's contents are digested again only where somebody has changed it.  What libcrypto
 * takes from a hashed folder by itself is not a change: the folder counts, by its name and times.
 */
#ifndef BRISKTLS_RULES_H
#define BRISKTLS_RULES_H

#include "compat.h"
#include "lock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#define BRISK_RULES 32
#ifdef _WIN32
#define BRISK_LIST_SEPARATOR ';'
#else
#define BRISK_LIST_SEPARATOR ':'
#endif

static PyThread_type_lock brisk_found_digest = NULL; /* an EVP_MD, and there for good */
static int brisk_store_index = -1;

/* ---- a digest of tagged parts */

/* SHA-256, or NULL.  It is looked for when it is needed: libcrypto reads its configuration to
 * find it (ossl_provider_doall_activated, 3.0 to 4.0), and starts itself, which takes as long as
 * loading ten modules. */
static inline const EVP_MD *brisk_sha256(void)
{
    EVP_MD *found = BRISK_POINTER(&brisk_found_digest);
    if (found == NULL) {
        found = EVP_MD_fetch(NULL, "SHA256", NULL);
        if (found != NULL && !brisk_publish(&brisk_found_digest, found)) {
            EVP_MD_free(found); /* another thread was quicker */
            found = BRISK_POINTER(&brisk_found_digest);
        }
    }
    return found;
}

typedef struct {
    EVP_MD_CTX *context;
    int good;
} brisk_parts;

static inline void brisk_parts_begin(brisk_parts *parts)
{
    const EVP_MD *digest = brisk_sha256();
    parts->context = EVP_MD_CTX_new();
    parts->good = parts->context != NULL && digest != NULL
        && EVP_DigestInit_ex2(parts->context, digest, NULL) == 1;
}

static inline void brisk_parts_add(brisk_parts *parts, const void *data, size_t size)
{
    unsigned char head[4];
    head[0] = (unsigned char)(size >> 24);
    head[1] = (unsigned char)(size >> 16);
    head[2] = (unsigned char)(size >> 8);
    head[3] = (unsigned char)size;
    parts->good = parts->good && size <= 0xffffffffu
        && EVP_DigestUpdate(parts->context, head, sizeof(head)) == 1
        && EVP_DigestUpdate(parts->context, data, size) == 1;
}

static inline void brisk_parts_text(brisk_parts *parts, const char *text)
{
    brisk_parts_add(parts, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static inline void brisk_parts_numbers(brisk_parts *parts, const long long *numbers, size_t count)
{
    unsigned char bytes[128];
    size_t at, place;
    parts->good = parts->good && count * 8 <= sizeof(bytes);
    for (at = 0; at < count && parts->good; at++)
        for (place = 0; place < 8; place++)
            bytes[at * 8 + place] =
                (unsigned char)((unsigned long long)numbers[at] >> (56 - 8 * place));
    if (parts->good)
        brisk_parts_add(parts, bytes, count * 8);
}

static inline int brisk_parts_end(brisk_parts *parts, unsigned char *out)
{
    unsigned int size = 0;
    int good = parts->good && EVP_DigestFinal_ex(parts->context, out, &size) == 1
        && size == BRISK_RULES;
    EVP_MD_CTX_free(parts->context);
    parts->context = NULL;
    return good;
}

static inline int brisk_parts_two(
    const void *one, size_t one_size, const void *other, size_t other_size, unsigned char *out)
{
    brisk_parts parts;
    brisk_parts_begin(&parts);
    brisk_parts_add(&parts, one, one_size);
    brisk_parts_add(&parts, other, other_size);
    return brisk_parts_end(&parts, out);
}

/* ---- a store of certificates */

typedef struct {
    long changes;
    long digested; /* `changes` when the digest was made; -1: there is none */
    int count;     /* certificates and lists then */
    char *folders; /* separated as the platform does; NULL: it looks into none */
    unsigned char digest[BRISK_RULES];
} brisk_store_note;

static void brisk_store_note_free(
    void *parent, void *note, CRYPTO_EX_DATA *data, int index, long number, void *pointer)
{
    (void)parent, (void)data, (void)index, (void)number, (void)pointer;
    if (note != NULL) {
        OPENSSL_free(((brisk_store_note *)note)->folders);
        OPENSSL_free(note);
    }
}

/* Once, before anything else. */
static inline int brisk_rules_open(void)
{
    brisk_store_index = CRYPTO_get_ex_new_index(
        CRYPTO_EX_INDEX_X509_STORE, 0, NULL, NULL, NULL, brisk_store_note_free);
    return brisk_store_index >= 0;
}

/* With the store's lock held. */
static inline brisk_store_note *brisk_store_note_of(X509_STORE *store)
{
    brisk_store_note *note = X509_STORE_get_ex_data(store, brisk_store_index);
    if (note != NULL)
        return note;
    note = OPENSSL_zalloc(sizeof(*note));
    if (note == NULL)
        return NULL;
    note->digested = -1;
    if (X509_STORE_set_ex_data(store, brisk_store_index, note) != 1) {
        OPENSSL_free(note);
        return NULL;
    }
    return note;
}

/* Somebody has changed the store; 0 when that cannot be noted. */
static inline int brisk_store_changed(X509_STORE *store, const char *folder)
{
    brisk_store_note *note;
    char *longer;
    size_t before;
    int good = 0;
    if (!X509_STORE_lock(store))
        return 0;
    note = brisk_store_note_of(store);
    if (note != NULL) {
        note->changes++;
        good = 1;
        if (folder != NULL) {
            before = note->folders == NULL ? 0 : strlen(note->folders) + 1;
            longer = OPENSSL_realloc(note->folders, before + strlen(folder) + 1);
            good = longer != NULL;
            if (good) {
                if (before > 0)
                    longer[before - 1] = BRISK_LIST_SEPARATOR;
                strcpy(longer + before, folder);
                note->folders = longer;
            }
        }
    }
    X509_STORE_unlock(store);
    return good;
}

static int brisk_digest_compare(const void *one, const void *other)
{
    return memcmp(one, other, BRISK_RULES);
}

static inline int brisk_object_digest(X509_OBJECT *object, unsigned char *out)
{
    unsigned char *der = NULL;
    int size = -1, good;
    X509 *certificate = X509_OBJECT_get0_X509(object);
    X509_CRL *list = X509_OBJECT_get0_X509_CRL(object);
    if (certificate != NULL)
        size = i2d_X509_AUX(certificate, &der); /* with what it is trusted for */
    else if (list != NULL)
        size = i2d_X509_CRL(list, &der);
    good = size > 0 && EVP_Digest(der, (size_t)size, out, NULL, brisk_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return good;
}

static inline int brisk_objects_digest(
    const STACK_OF(X509_OBJECT) *objects, unsigned char *out, int *count)
{
    int at, number = sk_X509_OBJECT_num(objects);
    int good = number >= 0;
    unsigned char *all = NULL;
    *count = number;
    if (good) {
        all = OPENSSL_malloc((size_t)number * BRISK_RULES + 1);
        good = all != NULL;
    }
    for (at = 0; at < number && good; at++)
        good = brisk_object_digest(sk_X509_OBJECT_value(objects, at), all + at * BRISK_RULES);
    if (good) {
        /* The order in which they came does not count. */
        qsort(all, (size_t)number, BRISK_RULES, brisk_digest_compare);
        good = EVP_Digest(all, (size_t)number * BRISK_RULES, out, NULL, brisk_sha256(), NULL) == 1;
    }
    OPENSSL_free(all);
    return good;
}

/* What the store holds now, and how many that is. */
static inline int brisk_contents_digest(X509_STORE *store, unsigned char *out, int *count)
{
    int good;
    const STACK_OF(X509_OBJECT) *objects = brisk_store_objects(store);
    if (objects == NULL)
        return 0;
    good = brisk_objects_digest(objects, out, count);
    brisk_store_objects_done(store, objects);
    return good;
}

/* What tells one state of a folder from another; zeros where there is none. */
static inline void brisk_times(const char *path, long long looks[4])
{
#ifdef _WIN32
    struct _stat64 found;
    if (_stat64(path, &found) == 0) {
        looks[0] = found.st_mtime;
        looks[1] = found.st_ctime;
    }
#else
    struct stat found;
    if (stat(path, &found) == 0) {
        looks[0] = found.st_mtime;
        looks[1] = found.st_ctime;
#if defined(__APPLE__)
        looks[2] = found.st_mtimespec.tv_nsec;
        looks[3] = found.st_ctimespec.tv_nsec;
#elif defined(__linux__)
        looks[2] = found.st_mtim.tv_nsec;
        looks[3] = found.st_ctim.tv_nsec;
#endif
    }
#endif
}

static inline void brisk_add_folders(brisk_parts *parts, const char *folders)
{
    char path[4096];
    const char *end;
    size_t size;
    long long looks[4];
    while (folders != NULL) {
        end = strchr(folders, BRISK_LIST_SEPARATOR);
        size = end == NULL ? strlen(folders) : (size_t)(end - folders);
        parts->good = parts->good && size < sizeof(path);
        if (!parts->good)
            return;
        memcpy(path, folders, size);
        path[size] = 0;
        memset(looks, 0, sizeof(looks));
        brisk_times(path, looks);
        brisk_parts_text(parts, path);
        brisk_parts_numbers(parts, looks, 4);
        folders = end == NULL ? NULL : end + 1;
    }
}

static inline int brisk_note_is_fresh(X509_STORE *store, const brisk_store_note *note)
{
    int count;
    if (note->digested != note->changes)
        return 0;
    /* Somebody may have come to it past us. */
    count = note->folders == NULL ? brisk_store_size_locked(store) : -1;
    return count < 0 || count == note->count;
}

static inline void brisk_add_store(brisk_parts *parts, X509_STORE *store)
{
    unsigned char digest[BRISK_RULES];
    brisk_store_note *note;
    long seen;
    int fresh, count = 0;
    if (!parts->good || !X509_STORE_lock(store)) {
        parts->good = 0;
        return;
    }
    note = brisk_store_note_of(store);
    if (note == NULL) {
        parts->good = 0;
        X509_STORE_unlock(store);
        return;
    }
    fresh = brisk_note_is_fresh(store, note);
    seen = note->changes;
    if (fresh)
        memcpy(digest, note->digest, sizeof(digest));
    brisk_add_folders(parts, note->folders);
    X509_STORE_unlock(store);
    if (!fresh) {
        if (!brisk_contents_digest(store, digest, &count) || !X509_STORE_lock(store)) {
            parts->good = 0;
            return;
        }
        note->digested = seen;
        note->count = count;
        memcpy(note->digest, digest, sizeof(digest));
        X509_STORE_unlock(store);
    }
    brisk_parts_add(parts, digest, sizeof(digest));
}

/* ---- how to verify */

static inline void brisk_add_manner(brisk_parts *parts, const X509_VERIFY_PARAM *manner)
{
    long long numbers[5];
    unsigned long flags = X509_VERIFY_PARAM_get_flags(manner);
    numbers[0] = (long long)flags;
    numbers[1] = X509_VERIFY_PARAM_get_inh_flags(manner);
    numbers[2] = X509_VERIFY_PARAM_get_depth(manner);
    numbers[3] = X509_VERIFY_PARAM_get_auth_level(manner);
    numbers[4] = flags & X509_V_FLAG_USE_CHECK_TIME
        ? (long long)X509_VERIFY_PARAM_get_time(manner) : 0;
    brisk_parts_numbers(parts, numbers, 5);
}

static inline void brisk_add_names(brisk_parts *parts, X509_VERIFY_PARAM *manner, int addressed)
{
    long long flags = X509_VERIFY_PARAM_get_hostflags(manner);
    const char *name;
    char *address = NULL;
    int index;
    brisk_parts_numbers(parts, &flags, 1);
    for (index = 0; (name = X509_VERIFY_PARAM_get0_host(manner, index)) != NULL; index++)
        brisk_parts_text(parts, name);
    brisk_parts_text(parts, NULL);
    brisk_parts_text(parts, X509_VERIFY_PARAM_get0_email(manner));
    if (addressed) { /* else it is an error to ask (X509_VERIFY_PARAM_get1_ip_asc, 3.0 to 4.0) */
        address = X509_VERIFY_PARAM_get1_ip_asc(manner);
        parts->good = parts->good && address != NULL;
    }
    brisk_parts_text(parts, address);
    OPENSSL_free(address);
}

/* The rules of an SSL_CTX that connections take over, those noted in `noted` included. */
static inline int brisk_common_digest(
    SSL_CTX *context, const void *noted, size_t size, unsigned char *out)
{
    brisk_parts parts;
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(context);
    const STACK_OF(X509_NAME) *authorities = SSL_CTX_get_client_CA_list(context);
    const unsigned char *der;
    long long number;
    size_t length;
    int at;
    brisk_parts_begin(&parts);
    brisk_parts_text(&parts, "brisktls rules 1");
    brisk_parts_add(&parts, noted, size);
    for (at = 0; ciphers != NULL && at < sk_SSL_CIPHER_num(ciphers); at++) {
        number = SSL_CIPHER_get_id(sk_SSL_CIPHER_value(ciphers, at));
        brisk_parts_numbers(&parts, &number, 1);
    }
    brisk_parts_text(&parts, NULL);
    for (at = 0; authorities != NULL && at < sk_X509_NAME_num(authorities); at++) {
        parts.good = parts.good
            && X509_NAME_get0_der(sk_X509_NAME_value(authorities, at), &der, &length) == 1;
        if (parts.good)
            brisk_parts_add(&parts, der, length);
    }
    return brisk_parts_end(&parts, out);
}

/* The rules that are in force for a connection: its Context's, its own, and how it verifies. */
static inline int brisk_rules(
    SSL *ssl, const unsigned char *common, const unsigned char *own,
    const unsigned char *asked, int addressed, unsigned char *out)
{
    brisk_parts parts;
    SSL_CTX *context = SSL_get_SSL_CTX(ssl);
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    X509_VERIFY_PARAM *manner = SSL_get0_param(ssl);
    long long numbers[4];
    numbers[0] = SSL_is_server(ssl);
    numbers[1] = SSL_get_verify_mode(ssl);
    numbers[2] = SSL_get_verify_depth(ssl);
    numbers[3] = SSL_get_security_level(ssl);
    brisk_parts_begin(&parts);
    brisk_parts_numbers(&parts, numbers, 4);
    brisk_parts_add(&parts, common, BRISK_RULES);
    brisk_parts_add(&parts, own, BRISK_RULES);
    brisk_parts_add(&parts, asked, BRISK_RULES);
    /* A server that asks nobody for a certificate verifies none. */
    if (numbers[0] == 0 || numbers[1] & SSL_VERIFY_PEER) {
        brisk_add_manner(&parts, manner);
        brisk_add_names(&parts, manner, addressed);
        if (store != NULL) {
            brisk_add_manner(&parts, X509_STORE_get0_param(store));
            brisk_add_store(&parts, store);
        }
    }
    return brisk_parts_end(&parts, out);
}

/* ---- for how long */

static inline int brisk_narrow(
    const ASN1_TIME *begin, const ASN1_TIME *end, long long now, long long window[2])
{
    int days = 0, seconds = 0;
    long long when;
    if (begin != NULL) {
        if (ASN1_TIME_diff(&days, &seconds, NULL, begin) != 1)
            return 0;
        when = now + days * 86400LL + seconds;
        if (when > window[0])
            window[0] = when;
    }
    if (end != NULL) {
        if (ASN1_TIME_diff(&days, &seconds, NULL, end) != 1)
            return 0;
        when = now + days * 86400LL + seconds;
        if (when < window[1])
            window[1] = when;
    }
    return 1;
}

static inline int brisk_narrow_by_lists(
    const STACK_OF(X509_OBJECT) *objects, long long now, long long window[2])
{
    int at;
    const X509_CRL *list;
    long long before = window[1];
    for (at = 0; at < sk_X509_OBJECT_num(objects); at++) {
        list = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(objects, at));
        if (list == NULL)
            continue;
        before = window[1];
        if (!brisk_narrow(NULL, X509_CRL_get0_nextUpdate(list), now, window))
            return 0;
        if (window[1] < now)
            window[1] = before; /* it was over when it was looked at, so it decided nothing */
    }
    return 1;
}

/* From when until when the certificates that were verified, and the lists that were asked,
 * stand: 1, or 0 where that cannot be said.  `window` comes in as wide as may be. */
static inline int brisk_validity(SSL *ssl, long long now, long long window[2])
{
    const STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    unsigned long flags = X509_VERIFY_PARAM_get_flags(SSL_get0_param(ssl));
    const STACK_OF(X509_OBJECT) *objects;
    int at, good = 1;
    if (store != NULL)
        flags |= X509_VERIFY_PARAM_get_flags(X509_STORE_get0_param(store));
    if (flags & (X509_V_FLAG_USE_CHECK_TIME | X509_V_FLAG_NO_CHECK_TIME))
        return 1; /* the clock decides nothing */
    if (chain == NULL)
        return 0;
    for (at = 0; at < sk_X509_num(chain) && good; at++)
        good = brisk_narrow(
            X509_get0_notBefore(sk_X509_value(chain, at)),
            X509_get0_notAfter(sk_X509_value(chain, at)), now, window);
    if (good && store != NULL && flags & X509_V_FLAG_CRL_CHECK) {
        objects = brisk_store_objects(store);
        good = objects != NULL && brisk_narrow_by_lists(objects, now, window);
        if (objects != NULL)
            brisk_store_objects_done(store, objects);
    }
    return good;
}

#endif
