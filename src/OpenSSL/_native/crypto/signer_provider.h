/* A provider of OpenSSL inside this process: its private keys are functions elsewhere.
 *
 * It lives in a library context of its own, with the default provider beside it for the public
 * half.  So nobody else's fetches meet it, and public keys can be written and compared.  A key
 * has the public key of the default provider, which answers everything but a signature, and a
 * link to who signs.  It never exports the private half: for that libcrypto signs here.  There
 * is no decryption.
 */
#ifndef BRISKTLS_SIGNER_PROVIDER_H
#define BRISKTLS_SIGNER_PROVIDER_H

#include <string.h>
#include "signer_keys.h"
#include "signer_signatures.h"

#define BRISK_PROVIDER "brisktls"

/* ---- tables; they are used for ever (provider(7)) */

#define BRISK_FUNCTION(function) ((void (*)(void))(function))
#define BRISK_KEYS(kind, signatures)                                                          \
    static const char *brisk_##kind##_operation(int operation)                                \
    {                                                                                         \
        return operation == OSSL_OP_SIGNATURE ? signatures : NULL;                            \
    }                                                                                         \
    static const OSSL_DISPATCH brisk_##kind##_keys[] = {                                      \
        {OSSL_FUNC_KEYMGMT_NEW, BRISK_FUNCTION(brisk_key_new)},                               \
        {OSSL_FUNC_KEYMGMT_FREE, BRISK_FUNCTION(brisk_key_free)},                             \
        {OSSL_FUNC_KEYMGMT_HAS, BRISK_FUNCTION(brisk_key_has)},                               \
        {OSSL_FUNC_KEYMGMT_MATCH, BRISK_FUNCTION(brisk_key_match)},                           \
        {OSSL_FUNC_KEYMGMT_IMPORT, BRISK_FUNCTION(brisk_key_import)},                         \
        {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, BRISK_FUNCTION(brisk_key_import_types)},             \
        {OSSL_FUNC_KEYMGMT_EXPORT, BRISK_FUNCTION(brisk_key_export)},                         \
        {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, BRISK_FUNCTION(brisk_key_export_types)},             \
        {OSSL_FUNC_KEYMGMT_GET_PARAMS, BRISK_FUNCTION(brisk_key_get)},                        \
        {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, BRISK_FUNCTION(brisk_key_gettable)},              \
        {OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, BRISK_FUNCTION(brisk_##kind##_operation)},   \
        {0, NULL}}

BRISK_KEYS(rsa, "RSA");
BRISK_KEYS(ec, "ECDSA");
BRISK_KEYS(ed25519, "ED25519");
BRISK_KEYS(ed448, "ED448");
BRISK_KEYS(ml_dsa_44, "ML-DSA-44");
BRISK_KEYS(ml_dsa_65, "ML-DSA-65");
BRISK_KEYS(ml_dsa_87, "ML-DSA-87");

static const OSSL_DISPATCH brisk_signatures[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, BRISK_FUNCTION(brisk_signature_new)},
    {OSSL_FUNC_SIGNATURE_FREECTX, BRISK_FUNCTION(brisk_signature_free)},
    {OSSL_FUNC_SIGNATURE_DUPCTX, BRISK_FUNCTION(brisk_signature_dup)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, BRISK_FUNCTION(brisk_signature_init)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, BRISK_FUNCTION(brisk_signature_sign)},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, BRISK_FUNCTION(brisk_signature_set)},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, BRISK_FUNCTION(brisk_signature_settable)},
    {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, BRISK_FUNCTION(brisk_signature_get)},
    {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, BRISK_FUNCTION(brisk_signature_gettable)},
    {0, NULL}};

#define BRISK_IS_OURS "provider=" BRISK_PROVIDER

/* The names are those that libssl compares. */
static const OSSL_ALGORITHM brisk_kinds_of_keys[] = {
    {"RSA:rsaEncryption:1.2.840.113549.1.1.1", BRISK_IS_OURS, brisk_rsa_keys, ""},
    {"RSA-PSS:RSASSA-PSS:rsassaPss:1.2.840.113549.1.1.10", BRISK_IS_OURS, brisk_rsa_keys, ""},
    {"EC:id-ecPublicKey:1.2.840.10045.2.1", BRISK_IS_OURS, brisk_ec_keys, ""},
    {"ED25519:1.3.101.112", BRISK_IS_OURS, brisk_ed25519_keys, ""},
    {"ED448:1.3.101.113", BRISK_IS_OURS, brisk_ed448_keys, ""},
    {"ML-DSA-44:MLDSA44:id-ml-dsa-44:2.16.840.1.101.3.4.3.17", BRISK_IS_OURS,
     brisk_ml_dsa_44_keys, ""},
    {"ML-DSA-65:MLDSA65:id-ml-dsa-65:2.16.840.1.101.3.4.3.18", BRISK_IS_OURS,
     brisk_ml_dsa_65_keys, ""},
    {"ML-DSA-87:MLDSA87:id-ml-dsa-87:2.16.840.1.101.3.4.3.19", BRISK_IS_OURS,
     brisk_ml_dsa_87_keys, ""},
    {NULL, NULL, NULL, NULL}};

static const OSSL_ALGORITHM brisk_kinds_of_signatures[] = {
    {"RSA:rsaEncryption:1.2.840.113549.1.1.1", BRISK_IS_OURS, brisk_signatures, ""},
    {"ECDSA", BRISK_IS_OURS, brisk_signatures, ""},
    {"ED25519:1.3.101.112", BRISK_IS_OURS, brisk_signatures, ""},
    {"ED448:1.3.101.113", BRISK_IS_OURS, brisk_signatures, ""},
    {"ML-DSA-44:MLDSA44:id-ml-dsa-44:2.16.840.1.101.3.4.3.17", BRISK_IS_OURS,
     brisk_signatures, ""},
    {"ML-DSA-65:MLDSA65:id-ml-dsa-65:2.16.840.1.101.3.4.3.18", BRISK_IS_OURS,
     brisk_signatures, ""},
    {"ML-DSA-87:MLDSA87:id-ml-dsa-87:2.16.840.1.101.3.4.3.19", BRISK_IS_OURS,
     brisk_signatures, ""},
    {NULL, NULL, NULL, NULL}};

static const OSSL_ALGORITHM *brisk_provides(void *provider, int operation, int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_KEYMGMT ? brisk_kinds_of_keys
        : operation == OSSL_OP_SIGNATURE ? brisk_kinds_of_signatures : NULL;
}

static void brisk_provider_end(void *provider)
{
    (void)provider;
}

static const OSSL_DISPATCH brisk_provider[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, BRISK_FUNCTION(brisk_provides)},
    {OSSL_FUNC_PROVIDER_TEARDOWN, BRISK_FUNCTION(brisk_provider_end)},
    {0, NULL}};

static int brisk_provider_begin(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *theirs, const OSSL_DISPATCH **ours,
    void **provider)
{
    (void)theirs;
    *ours = brisk_provider;
    *provider = (void *)handle;
    return 1;
}

/* ---- what Cython calls */

/* The provider's library context, made when the first key is: it stays for as long as the
 * process, because keys may. */
typedef struct {
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *provider;
    OSSL_PROVIDER *standard;
} brisk_home;

static brisk_home brisk_signers;

/* Called by one thread at a time; 0 where there is no memory. */
static int brisk_signers_open(brisk_sign_hook *sign, brisk_drop_hook *drop)
{
    brisk_home made = {NULL, NULL, NULL};
    if (brisk_signers.library != NULL)
        return 1;
    brisk_sign = sign;
    brisk_drop = drop;
    made.library = OSSL_LIB_CTX_new();
    if (made.library != NULL
        && OSSL_PROVIDER_add_builtin(made.library, BRISK_PROVIDER, brisk_provider_begin) == 1
        && (made.provider = OSSL_PROVIDER_load(made.library, BRISK_PROVIDER)) != NULL
        && (made.standard = OSSL_PROVIDER_load(made.library, "default")) != NULL) {
        brisk_signers = made;
        return 1;
    }
    if (made.provider != NULL)
        OSSL_PROVIDER_unload(made.provider);
    OSSL_LIB_CTX_free(made.library);
    return 0;
}

/* A key whose signatures the link is asked for.  It takes both, also where it fails. */
static EVP_PKEY *brisk_signer_new(EVP_PKEY *pub, void *link)
{
    brisk_key given = {pub, link};
    void *place = &given;
    EVP_PKEY *made = NULL;
    const char *kind = EVP_PKEY_get0_type_name(pub);
    OSSL_PARAM params[] = {
        OSSL_PARAM_octet_ptr(BRISK_SIGNER_KEY, &place, sizeof(given)), OSSL_PARAM_END};
    EVP_PKEY_CTX *context = kind == NULL
        ? NULL
        : EVP_PKEY_CTX_new_from_name(brisk_signers.library, kind, BRISK_IS_OURS);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, params) != 1)
        made = NULL;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(given.pub);
    if (given.link != NULL)
        brisk_drop(given.link);
    return made;
}

static void *brisk_signer_part(EVP_PKEY *key, const char *name)
{
    void *part = NULL;
    OSSL_PARAM params[] = {OSSL_PARAM_octet_ptr(name, &part, 0), OSSL_PARAM_END};
    const OSSL_PROVIDER *provider = key == NULL ? NULL : EVP_PKEY_get0_provider(key);
    /* By its name: brisk_signers may be written at this moment. */
    if (provider == NULL || strcmp(OSSL_PROVIDER_get0_name(provider), BRISK_PROVIDER) != 0
        || EVP_PKEY_get_params(key, params) != 1)
        return NULL;
    return part;
}

/* The link of a key, borrowed from it; NULL for keys of other providers. */
static void *brisk_signer_link(EVP_PKEY *key)
{
    return brisk_signer_part(key, BRISK_SIGNER_LINK);
}

/* The public half of such a key, borrowed from it. */
static EVP_PKEY *brisk_signer_public(EVP_PKEY *key)
{
    return brisk_signer_part(key, BRISK_SIGNER_PUBLIC);
}

#endif
