/* What libcrypto wants signed by a key that lives elsewhere; see signer_provider.h. */
#ifndef BRISKTLS_SIGNER_SIGNATURES_H
#define BRISKTLS_SIGNER_SIGNATURES_H

#include <stdlib.h>
#include <string.h>
#include "signer_keys.h"

enum {
    BRISK_NO_PADDING = 0,
    BRISK_SALT_OF_DIGEST = -1,
    BRISK_SALT_LONGEST = -2,
    BRISK_DIGEST_SIZE = 50,
    BRISK_AID_SIZE = 128
};

/* What a signature is to be. */
typedef struct {
    void *link;
    EVP_PKEY *pub;
    const char *digest; /* NULL where the key brings its own */
    int padding;        /* of RSA, else BRISK_NO_PADDING */
    int salt;           /* bytes, of PSS */
} brisk_wish;

typedef int brisk_sign_hook(
    const brisk_wish *wish, const unsigned char *message, size_t size, unsigned char *signature,
    size_t *length, size_t room);

static brisk_sign_hook *brisk_sign;

typedef struct {
    const brisk_key *key; /* the EVP_PKEY that OpenSSL's own context holds on to has it */
    char digest[BRISK_DIGEST_SIZE];
    int padding;
    int salt;
} brisk_signature;

static void *brisk_signature_new(void *provider, const char *properties)
{
    (void)provider;
    (void)properties;
    return OPENSSL_zalloc(sizeof(brisk_signature));
}

static void brisk_signature_free(void *data)
{
    OPENSSL_free(data);
}

static void *brisk_signature_dup(void *data)
{
    return OPENSSL_memdup(data, sizeof(brisk_signature));
}

static int brisk_read_padding(const OSSL_PARAM *given, int *padding)
{
    if (given->data_type != OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_get_int(given, padding);
    if (strcmp(given->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0)
        *padding = RSA_PKCS1_PSS_PADDING;
    else if (strcmp(given->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0)
        *padding = RSA_PKCS1_PADDING;
    else
        return 0;
    return 1;
}

static int brisk_read_salt(const OSSL_PARAM *given, int *salt)
{
    const char *words = given->data;
    char *end;
    long number;
    if (given->data_type != OSSL_PARAM_UTF8_STRING) {
        if (!OSSL_PARAM_get_int(given, salt))
            return 0;
        if (*salt < 0)
            *salt = *salt == RSA_PSS_SALTLEN_DIGEST ? BRISK_SALT_OF_DIGEST : BRISK_SALT_LONGEST;
        return 1;
    }
    if (strcmp(words, "digest") == 0 || strcmp(words, "auto-digestmax") == 0)
        *salt = BRISK_SALT_OF_DIGEST;
    else if (strcmp(words, "max") == 0 || strcmp(words, "auto") == 0)
        *salt = BRISK_SALT_LONGEST;
    else {
        number = strtol(words, &end, 10);
        if (*words == '\0' || *end != '\0' || number < 0 || number > 0xffff)
            return 0;
        *salt = (int)number;
    }
    return 1;
}

static int brisk_signature_set(void *data, const OSSL_PARAM params[])
{
    brisk_signature *wanted = data;
    const OSSL_PARAM *given;
    int padding;
    if (params == NULL || wanted->padding == BRISK_NO_PADDING)
        return 1;
    given = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (given != NULL) {
        if (!brisk_read_padding(given, &padding))
            return 0;
        if (padding != RSA_PKCS1_PSS_PADDING
            && (padding != RSA_PKCS1_PADDING || EVP_PKEY_is_a(wanted->key->pub, "RSA-PSS")))
            return 0;
        wanted->padding = padding;
    }
    given = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    return given == NULL || brisk_read_salt(given, &wanted->salt);
}

static const OSSL_PARAM *brisk_signature_settable(void *data, void *provider)
{
    static const OSSL_PARAM all[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0), OSSL_PARAM_END};
    (void)data;
    (void)provider;
    return all;
}

static int brisk_signature_init(
    void *data, const char *digest, void *key, const OSSL_PARAM params[])
{
    brisk_signature *wanted = data;
    if (key != NULL)
        wanted->key = key;
    if (wanted->key == NULL || wanted->key->pub == NULL)
        return 0;
    if (digest != NULL) {
        if (strlen(digest) >= sizeof(wanted->digest))
            return 0;
        strcpy(wanted->digest, digest);
    }
    wanted->salt = BRISK_SALT_OF_DIGEST;
    wanted->padding = EVP_PKEY_is_a(wanted->key->pub, "RSA-PSS") ? RSA_PKCS1_PSS_PADDING
        : EVP_PKEY_is_a(wanted->key->pub, "RSA")                 ? RSA_PKCS1_PADDING
                                                                 : BRISK_NO_PADDING;
    return brisk_signature_set(wanted, params);
}

/* The salt in bytes; -1 where the digest is not known, or there is no room for one. */
static int brisk_salt_size(const brisk_signature *wanted)
{
    EVP_MD *digest;
    int size, room, least;
    if (wanted->padding != RSA_PKCS1_PSS_PADDING)
        return 0;
    digest = EVP_MD_fetch(NULL, wanted->digest, NULL);
    size = digest == NULL ? -1 : EVP_MD_get_size(digest);
    EVP_MD_free(digest);
    /* RFC 8017, 9.1.1: the encoded message is one bit shorter than the modulus. */
    room = (EVP_PKEY_get_bits(wanted->key->pub) - 1 + 7) / 8 - size - 2;
    if (size <= 0 || room < 0)
        return -1;
    if (wanted->salt == BRISK_SALT_LONGEST)
        return room;
    if (wanted->salt >= 0)
        return wanted->salt <= room ? wanted->salt : -1;
    /* A key may ask for more. */
    if (EVP_PKEY_get_int_param(wanted->key->pub, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, &least) == 1
        && least > size)
        size = least;
    return size <= room ? size : -1;
}

static int brisk_wish_of(const brisk_signature *wanted, brisk_wish *wish)
{
    wish->link = wanted->key->link;
    wish->pub = wanted->key->pub;
    wish->digest = wanted->digest[0] == '\0' ? NULL : wanted->digest;
    wish->padding = wanted->padding;
    wish->salt = brisk_salt_size(wanted);
    return wish->salt >= 0 && (wish->padding == BRISK_NO_PADDING || wish->digest != NULL);
}

static int brisk_signature_sign(
    void *data, unsigned char *signature, size_t *length, size_t room,
    const unsigned char *message, size_t size)
{
    const brisk_signature *wanted = data;
    int most = wanted->key == NULL ? 0 : EVP_PKEY_get_size(wanted->key->pub);
    brisk_wish wish;
    if (most <= 0)
        return 0;
    *length = (size_t)most;
    if (signature == NULL)
        return 1;
    if (room > (size_t)most)
        room = (size_t)most;
    return brisk_wish_of(wanted, &wish)
        && brisk_sign(&wish, message, size, signature, length, room);
}

/* A context that verifies what a wish asks for; NULL where it cannot be. */
static EVP_MD_CTX *brisk_verifier(const brisk_wish *wish, EVP_PKEY_CTX **settings)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *settings = NULL;
    if (context != NULL
        && EVP_DigestVerifyInit_ex(
               context, settings, wish->digest, NULL, NULL, wish->pub, NULL) == 1
        && (wish->padding == BRISK_NO_PADDING
            || EVP_PKEY_CTX_set_rsa_padding(*settings, wish->padding) == 1)
        && (wish->padding != RSA_PKCS1_PSS_PADDING
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(*settings, wish->salt) == 1))
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

/* Whether a signature is what was asked for; -1 where that cannot be told. */
static int brisk_fits(
    const brisk_wish *wish, const unsigned char *message, size_t size,
    const unsigned char *signature, size_t length)
{
    EVP_PKEY_CTX *settings;
    EVP_MD_CTX *context = brisk_verifier(wish, &settings);
    int good;
    if (context == NULL)
        return -1;
    good = EVP_DigestVerify(context, signature, length, message, size) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

/* What ECDSA's two numbers of equal size are in DER; 0 where there is no memory. */
static int brisk_der_of_pair(
    const unsigned char *pair, size_t size, unsigned char **der, int *length)
{
    int half = (int)(size / 2);
    BIGNUM *r = BN_bin2bn(pair, half, NULL);
    BIGNUM *s = BN_bin2bn(pair + half, half, NULL);
    ECDSA_SIG *made = ECDSA_SIG_new();
    *length = 0;
    if (made != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(made, r, s) == 1) {
        r = s = NULL; /* its own now */
        *length = i2d_ECDSA_SIG(made, der);
    }
    ECDSA_SIG_free(made);
    BN_free(r);
    BN_free(s);
    return *length > 0;
}

/* The AlgorithmIdentifier of RSASSA-PSS: OpenSSL 3.0 does not tell it.  0 where there is none. */
static size_t brisk_pss_aid(const brisk_wish *wish, unsigned char *out)
{
    /* RFC 4055: a digest, MGF1 with it, the salt's length; of SHA-2 one byte is different. */
    static const unsigned char all[] = {
        0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34,
        0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x00,
        0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
        0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x00,
        0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x00};
    EVP_MD *digest = EVP_MD_fetch(NULL, wish->digest, NULL);
    int kind = EVP_MD_is_a(digest, "SHA2-256") ? 1
        : EVP_MD_is_a(digest, "SHA2-384")      ? 2
        : EVP_MD_is_a(digest, "SHA2-512")      ? 3
                                               : 0;
    EVP_MD_free(digest);
    if (kind == 0 || wish->salt > 127)
        return 0;
    memcpy(out, all, sizeof(all));
    out[29] = out[59] = (unsigned char)kind;
    out[sizeof(all) - 1] = (unsigned char)wish->salt;
    return sizeof(all);
}

static size_t brisk_aid(const brisk_wish *wish, unsigned char *out)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, out, BRISK_AID_SIZE),
        OSSL_PARAM_END};
    EVP_PKEY_CTX *settings;
    EVP_MD_CTX *context;
    size_t size = 0;
    if (wish->padding == RSA_PKCS1_PSS_PADDING)
        return brisk_pss_aid(wish, out);
    context = brisk_verifier(wish, &settings);
    if (context != NULL && EVP_PKEY_CTX_get_params(settings, params) == 1
        && OSSL_PARAM_modified(params))
        size = params[0].return_size;
    EVP_MD_CTX_free(context);
    return size;
}

static int brisk_signature_get(void *data, OSSL_PARAM params[])
{
    const brisk_signature *wanted = data;
    OSSL_PARAM *asked = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
    unsigned char aid[BRISK_AID_SIZE];
    brisk_wish wish;
    size_t size;
    if (asked == NULL)
        return 1;
    if (wanted->key == NULL || !brisk_wish_of(wanted, &wish))
        return 0;
    size = brisk_aid(&wish, aid);
    return size > 0 && OSSL_PARAM_set_octet_string(asked, aid, size);
}

static const OSSL_PARAM *brisk_signature_gettable(void *data, void *provider)
{
    static const OSSL_PARAM all[] = {
        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0), OSSL_PARAM_END};
    (void)data;
    (void)provider;
    return all;
}

#endif
