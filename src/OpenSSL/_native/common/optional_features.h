/* What a build of OpenSSL can leave out, and what came with a version: one
 * table.  `since` is the first version whose library has the feature, as
 * OpenSSL_version_num() tells it; `built` is 0 where the headers say that the
 * build left it out. */
#ifndef BRISKTLS_OPTIONAL_FEATURES_H
#define BRISKTLS_OPTIONAL_FEATURES_H

#include <openssl/opensslconf.h>

typedef struct {
    const char *name;
    unsigned long since;
    int built;
} brisk_feature;

static const brisk_feature brisk_features[] = {
    {"tls1", 0x30000000UL,
#if defined(OPENSSL_NO_TLS1) || defined(OPENSSL_NO_TLS1_METHOD)
     0
#else
     1
#endif
    },
    {"tls1_1", 0x30000000UL,
#if defined(OPENSSL_NO_TLS1_1) || defined(OPENSSL_NO_TLS1_1_METHOD)
     0
#else
     1
#endif
    },
    {"tls1_2", 0x30000000UL,
#if defined(OPENSSL_NO_TLS1_2) || defined(OPENSSL_NO_TLS1_2_METHOD)
     0
#else
     1
#endif
    },
    {"tls1_3", 0x30000000UL,
#ifdef OPENSSL_NO_TLS1_3
     0
#else
     1
#endif
    },
    {"dtls", 0x30000000UL,
#ifdef OPENSSL_NO_DTLS
     0
#else
     1
#endif
    },
    {"srtp", 0x30000000UL,
#ifdef OPENSSL_NO_SRTP
     0
#else
     1
#endif
    },
    {"psk", 0x30000000UL,
#ifdef OPENSSL_NO_PSK
     0
#else
     1
#endif
    },
    {"ocsp", 0x30000000UL,
#ifdef OPENSSL_NO_OCSP
     0
#else
     1
#endif
    },
    {"ktls", 0x30000000UL,
#ifdef OPENSSL_NO_KTLS
     0
#else
     1
#endif
    },
    {"ct", 0x30000000UL,
#ifdef OPENSSL_NO_CT
     0
#else
     1
#endif
    },
    {"brotli", 0x30200000UL,
#ifdef OPENSSL_NO_BROTLI
     0
#else
     1
#endif
    },
    {"zstd", 0x30200000UL,
#ifdef OPENSSL_NO_ZSTD
     0
#else
     1
#endif
    },
    {"raw_public_keys", 0x30200000UL, 1},
    {"quic_client", 0x30200000UL,
#ifdef OPENSSL_NO_QUIC
     0
#else
     1
#endif
    },
    {"quic_server", 0x30500000UL,
#ifdef OPENSSL_NO_QUIC
     0
#else
     1
#endif
    },
    {"ml_kem", 0x30500000UL,
#ifdef OPENSSL_NO_ML_KEM
     0
#else
     1
#endif
    },
    {"ech", 0x40000000UL,
#ifdef OPENSSL_NO_ECH
     0
#else
     1
#endif
    },
    {0, 0, 0},
};

#endif
