/* Keys whose private half is elsewhere, as OpenSSL has them; see signer_provider.h. */
#ifndef BRISKTLS_SIGNER_KEYS_H
#define BRISKTLS_SIGNER_KEYS_H

#include <Python.h>
#include "compat.h"
#include <openssl/provider.h>

#define BRISK_SIGNER_KEY "brisk-signer-key"
#define BRISK_SIGNER_LINK "brisk-signer-link"
#define BRISK_SIGNER_PUBLIC "brisk-signer-public"

typedef void brisk_drop_hook(void *link);

static brisk_drop_hook *brisk_drop;

typedef struct {
    EVP_PKEY *pub;
    void *link;
} brisk_key;

static void *brisk_key_new(void *provider)
{
    (void)provider;
    return OPENSSL_zalloc(sizeof(brisk_key));
}

static void brisk_key_free(void *data)
{
    brisk_key *key = data;
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pub);
    if (key->link != NULL && Py_IsInitialized())
        brisk_drop(key->link);
    OPENSSL_free(key);
}

static int brisk_key_has(const void *data, int selection)
{
    (void)selection; /* the private half too: it can be used */
    return data != NULL && ((const brisk_key *)data)->pub != NULL;
}

static int brisk_key_match(const void *one, const void *other, int selection)
{
    const brisk_key *a = one, *b = other;
    (void)selection;
    return a->pub != NULL && b->pub != NULL && EVP_PKEY_eq(a->pub, b->pub) == 1;
}

/* Called by brisk_signer_new only, with a brisk_key of its own: it takes what that has. */
static int brisk_key_import(void *data, int selection, const OSSL_PARAM params[])
{
    const OSSL_PARAM *found = OSSL_PARAM_locate_const(params, BRISK_SIGNER_KEY);
    const void *given;
    size_t size;
    brisk_key *key = data, *from;
    (void)selection;
    if (found == NULL || key->pub != NULL
        || !OSSL_PARAM_get_octet_ptr(found, &given, &size) || size != sizeof(brisk_key))
        return 0;
    from = (brisk_key *)given;
    *key = *from;
    from->pub = NULL;
    from->link = NULL;
    return 1;
}

static const OSSL_PARAM *brisk_key_import_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_DEFN(BRISK_SIGNER_KEY, OSSL_PARAM_OCTET_PTR, NULL, 0), OSSL_PARAM_END};
    (void)selection;
    return types;
}

static int brisk_key_export(void *data, int selection, OSSL_CALLBACK *take, void *about)
{
    const brisk_key *key = data;
    OSSL_PARAM *params = NULL;
    int good;
    if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY || key->pub == NULL
        || EVP_PKEY_todata(key->pub, EVP_PKEY_PUBLIC_KEY, &params) != 1)
        return 0;
    good = take(params, about);
    OSSL_PARAM_free(params);
    return good;
}

static const OSSL_PARAM *brisk_key_export_types(int selection)
{
    /* Nobody needs the list of names, but there has to be one. */
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END};
    static const OSSL_PARAM none[] = {OSSL_PARAM_END};
    return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? none : types;
}

static int brisk_key_get(void *data, OSSL_PARAM params[])
{
    const brisk_key *key = data;
    OSSL_PARAM *link = OSSL_PARAM_locate(params, BRISK_SIGNER_LINK);
    OSSL_PARAM *public = OSSL_PARAM_locate(params, BRISK_SIGNER_PUBLIC);
    if (key->pub == NULL)
        return 0;
    if (link != NULL || public != NULL)
        return link != NULL ? OSSL_PARAM_set_octet_ptr(link, key->link, sizeof(void *))
                            : OSSL_PARAM_set_octet_ptr(public, key->pub, sizeof(void *));
    return EVP_PKEY_get_params(key->pub, params);
}

static const OSSL_PARAM *brisk_key_gettable(void *provider)
{
    static const OSSL_PARAM all[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_END};
    (void)provider;
    return all;
}

#endif
