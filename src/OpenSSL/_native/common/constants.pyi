"""Constants of OpenSSL; the values come from the compiler.

Generated from tools/constants.txt by tools/make_constants.py.
"""

from typing import Final

__all__ = [
    "AD_ACCESS_DENIED",
    "AD_BAD_CERTIFICATE",
    "AD_BAD_CERTIFICATE_HASH_VALUE",
    "AD_BAD_CERTIFICATE_STATUS_RESPONSE",
    "AD_BAD_RECORD_MAC",
    "AD_CERTIFICATE_EXPIRED",
    "AD_CERTIFICATE_REQUIRED",
    "AD_CERTIFICATE_REVOKED",
    "AD_CERTIFICATE_UNKNOWN",
    "AD_CERTIFICATE_UNOBTAINABLE",
    "AD_CLOSE_NOTIFY",
    "AD_DECODE_ERROR",
    "AD_DECOMPRESSION_FAILURE",
    "AD_DECRYPTION_FAILED",
    "AD_DECRYPT_ERROR",
    "AD_ECH_REQUIRED",
    "AD_EXPORT_RESTRICTION",
    "AD_HANDSHAKE_FAILURE",
    "AD_ILLEGAL_PARAMETER",
    "AD_INAPPROPRIATE_FALLBACK",
    "AD_INSUFFICIENT_SECURITY",
    "AD_INTERNAL_ERROR",
    "AD_MISSING_EXTENSION",
    "AD_NO_APPLICATION_PROTOCOL",
    "AD_NO_CERTIFICATE",
    "AD_NO_RENEGOTIATION",
    "AD_PROTOCOL_VERSION",
    "AD_RECORD_OVERFLOW",
    "AD_UNEXPECTED_MESSAGE",
    "AD_UNKNOWN_CA",
    "AD_UNKNOWN_PSK_IDENTITY",
    "AD_UNRECOGNIZED_NAME",
    "AD_UNSUPPORTED_CERTIFICATE",
    "AD_UNSUPPORTED_EXTENSION",
    "AD_USER_CANCELLED",
    "CERT_PKEY_CA_PARAM",
    "CERT_PKEY_CA_SIGNATURE",
    "CERT_PKEY_CERT_TYPE",
    "CERT_PKEY_EE_PARAM",
    "CERT_PKEY_EE_SIGNATURE",
    "CERT_PKEY_EXPLICIT_SIGN",
    "CERT_PKEY_ISSUER_NAME",
    "CERT_PKEY_SIGN",
    "CERT_PKEY_SUITEB",
    "CERT_PKEY_VALID",
    "DANE_FLAG_NO_DANE_EE_NAMECHECKS",
    "DTLS1_2_VERSION",
    "DTLS1_VERSION",
    "DTLS_CLIENT_METHOD",
    "DTLS_METHOD",
    "DTLS_SERVER_METHOD",
    "EXT_CLIENT_HELLO",
    "EXT_DTLS_ONLY",
    "EXT_IGNORE_ON_RESUMPTION",
    "EXT_TLS1_2_AND_BELOW_ONLY",
    "EXT_TLS1_2_SERVER_HELLO",
    "EXT_TLS1_3_CERTIFICATE",
    "EXT_TLS1_3_CERTIFICATE_REQUEST",
    "EXT_TLS1_3_ENCRYPTED_EXTENSIONS",
    "EXT_TLS1_3_HELLO_RETRY_REQUEST",
    "EXT_TLS1_3_NEW_SESSION_TICKET",
    "EXT_TLS1_3_ONLY",
    "EXT_TLS1_3_SERVER_HELLO",
    "EXT_TLS_ONLY",
    "FILETYPE_ASN1",
    "FILETYPE_PEM",
    "FILETYPE_TEXT",
    "MODE_ACCEPT_MOVING_WRITE_BUFFER",
    "MODE_ASYNC",
    "MODE_AUTO_RETRY",
    "MODE_DTLS_SCTP_LABEL_LENGTH_BUG",
    "MODE_ENABLE_PARTIAL_WRITE",
    "MODE_NO_AUTO_CHAIN",
    "MODE_RELEASE_BUFFERS",
    "MODE_SEND_CLIENTHELLO_TIME",
    "MODE_SEND_FALLBACK_SCSV",
    "MODE_SEND_SERVERHELLO_TIME",
    "OPENSSL_BUILT_ON",
    "OPENSSL_CFLAGS",
    "OPENSSL_CPU_INFO",
    "OPENSSL_DIR",
    "OPENSSL_ENGINES_DIR",
    "OPENSSL_FULL_VERSION_STRING",
    "OPENSSL_MODULES_DIR",
    "OPENSSL_PLATFORM",
    "OPENSSL_VERSION",
    "OPENSSL_VERSION_NUMBER",
    "OPENSSL_VERSION_STRING",
    "OPENSSL_WINCTX",
    "OP_ALL",
    "OP_ALLOW_CLIENT_RENEGOTIATION",
    "OP_ALLOW_NO_DHE_KEX",
    "OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION",
    "OP_CIPHER_SERVER_PREFERENCE",
    "OP_CISCO_ANYCONNECT",
    "OP_CLEANSE_PLAINTEXT",
    "OP_COOKIE_EXCHANGE",
    "OP_CRYPTOPRO_TLSEXT_BUG",
    "OP_DISABLE_TLSEXT_CA_NAMES",
    "OP_DONT_INSERT_EMPTY_FRAGMENTS",
    "OP_ECH_GREASE",
    "OP_ECH_GREASE_RETRY_CONFIG",
    "OP_ECH_IGNORE_CID",
    "OP_ECH_TRIALDECRYPT",
    "OP_ENABLE_KTLS",
    "OP_ENABLE_KTLS_TX_ZEROCOPY_SENDFILE",
    "OP_ENABLE_MIDDLEBOX_COMPAT",
    "OP_EPHEMERAL_RSA",
    "OP_IGNORE_UNEXPECTED_EOF",
    "OP_LEGACY_EC_POINT_FORMATS",
    "OP_LEGACY_SERVER_CONNECT",
    "OP_MICROSOFT_BIG_SSLV3_BUFFER",
    "OP_MICROSOFT_SESS_ID_BUG",
    "OP_MSIE_SSLV2_RSA_PADDING",
    "OP_NETSCAPE_CA_DN_BUG",
    "OP_NETSCAPE_CHALLENGE_BUG",
    "OP_NETSCAPE_DEMO_CIPHER_CHANGE_BUG",
    "OP_NETSCAPE_REUSE_CIPHER_CHANGE_BUG",
    "OP_NO_ANTI_REPLAY",
    "OP_NO_COMPRESSION",
    "OP_NO_DTLS_MASK",
    "OP_NO_DTLSv1",
    "OP_NO_DTLSv1_2",
    "OP_NO_ENCRYPT_THEN_MAC",
    "OP_NO_EXTENDED_MASTER_SECRET",
    "OP_NO_QUERY_MTU",
    "OP_NO_RENEGOTIATION",
    "OP_NO_RX_CERTIFICATE_COMPRESSION",
    "OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION",
    "OP_NO_SSL_MASK",
    "OP_NO_SSLv2",
    "OP_NO_SSLv3",
    "OP_NO_TICKET",
    "OP_NO_TLSv1",
    "OP_NO_TLSv1_1",
    "OP_NO_TLSv1_2",
    "OP_NO_TLSv1_3",
    "OP_NO_TX_CERTIFICATE_COMPRESSION",
    "OP_PKCS1_CHECK_1",
    "OP_PKCS1_CHECK_2",
    "OP_PREFER_NO_DHE_KEX",
    "OP_PRIORITIZE_CHACHA",
    "OP_SAFARI_ECDHE_ECDSA_BUG",
    "OP_SERVER_PREFERENCE",
    "OP_SINGLE_DH_USE",
    "OP_SINGLE_ECDH_USE",
    "OP_SSLEAY_080_CLIENT_DH_BUG",
    "OP_SSLREF2_REUSE_CERT_TYPE_BUG",
    "OP_TLSEXT_PADDING",
    "OP_TLS_BLOCK_PADDING_BUG",
    "OP_TLS_D5_BUG",
    "OP_TLS_ROLLBACK_BUG",
    "RECEIVED_SHUTDOWN",
    "SECOP_CA_KEY",
    "SECOP_CA_MD",
    "SECOP_CIPHER_CHECK",
    "SECOP_CIPHER_SHARED",
    "SECOP_CIPHER_SUPPORTED",
    "SECOP_COMPRESSION",
    "SECOP_CURVE_CHECK",
    "SECOP_CURVE_SHARED",
    "SECOP_CURVE_SUPPORTED",
    "SECOP_EE_KEY",
    "SECOP_PEER_CA_KEY",
    "SECOP_PEER_CA_MD",
    "SECOP_PEER_EE_KEY",
    "SECOP_SIGALG_CHECK",
    "SECOP_SIGALG_MASK",
    "SECOP_SIGALG_SHARED",
    "SECOP_SIGALG_SUPPORTED",
    "SECOP_TICKET",
    "SECOP_TMP_DH",
    "SECOP_VERSION",
    "SENT_SHUTDOWN",
    "SESS_CACHE_BOTH",
    "SESS_CACHE_CLIENT",
    "SESS_CACHE_NO_AUTO_CLEAR",
    "SESS_CACHE_NO_INTERNAL",
    "SESS_CACHE_NO_INTERNAL_LOOKUP",
    "SESS_CACHE_NO_INTERNAL_STORE",
    "SESS_CACHE_OFF",
    "SESS_CACHE_SERVER",
    "SESS_CACHE_UPDATE_TIME",
    "SSL3_VERSION",
    "SSLEAY_BUILT_ON",
    "SSLEAY_CFLAGS",
    "SSLEAY_DIR",
    "SSLEAY_PLATFORM",
    "SSLEAY_VERSION",
    "SSL_CB_ACCEPT_EXIT",
    "SSL_CB_ACCEPT_LOOP",
    "SSL_CB_ALERT",
    "SSL_CB_CONNECT_EXIT",
    "SSL_CB_CONNECT_LOOP",
    "SSL_CB_EXIT",
    "SSL_CB_HANDSHAKE_DONE",
    "SSL_CB_HANDSHAKE_START",
    "SSL_CB_LOOP",
    "SSL_CB_READ",
    "SSL_CB_READ_ALERT",
    "SSL_CB_WRITE",
    "SSL_CB_WRITE_ALERT",
    "SSL_ST_ACCEPT",
    "SSL_ST_CONNECT",
    "SSL_ST_MASK",
    "SSLv23_METHOD",
    "SSLv2_METHOD",
    "SSLv3_METHOD",
    "TICKET_EMPTY",
    "TICKET_NO_DECRYPT",
    "TICKET_RETURN_ABORT",
    "TICKET_RETURN_IGNORE",
    "TICKET_RETURN_IGNORE_RENEW",
    "TICKET_RETURN_USE",
    "TICKET_RETURN_USE_RENEW",
    "TICKET_SUCCESS",
    "TICKET_SUCCESS_RENEW",
    "TLS1_1_VERSION",
    "TLS1_2_VERSION",
    "TLS1_3_VERSION",
    "TLS1_VERSION",
    "TLS_CLIENT_METHOD",
    "TLS_METHOD",
    "TLS_SERVER_METHOD",
    "TLSv1_1_METHOD",
    "TLSv1_2_METHOD",
    "TLSv1_METHOD",
    "VERIFY_CLIENT_ONCE",
    "VERIFY_FAIL_IF_NO_PEER_CERT",
    "VERIFY_NONE",
    "VERIFY_PEER",
    "VERIFY_POST_HANDSHAKE",
    "X509VerificationCodes",
    "X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT",
    "X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS",
    "X509_CHECK_FLAG_NEVER_CHECK_SUBJECT",
    "X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS",
    "X509_CHECK_FLAG_NO_WILDCARDS",
    "X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS",
]

# Names the headers of this build lack, with the OpenSSL version that has them.
absent: Final[dict[str, str]]

SSLv2_METHOD: Final[int]
"""SSL 2.0, which no supported library speaks: Context refuses it"""
SSLv3_METHOD: Final[int]
"""SSL 3.0, which no supported library speaks: Context refuses it"""
SSLv23_METHOD: Final[int]
"""the old name of TLS_METHOD's behaviour: negotiate the best version"""
TLSv1_METHOD: Final[int]
"""TLS 1.0 only"""
TLSv1_1_METHOD: Final[int]
"""TLS 1.1 only"""
TLSv1_2_METHOD: Final[int]
"""TLS 1.2 only"""
TLS_METHOD: Final[int]
"""TLS, either side, best version both support"""
TLS_SERVER_METHOD: Final[int]
"""TLS, server side only"""
TLS_CLIENT_METHOD: Final[int]
"""TLS, client side only"""
DTLS_METHOD: Final[int]
"""DTLS, either side"""
DTLS_SERVER_METHOD: Final[int]
"""DTLS, server side only"""
DTLS_CLIENT_METHOD: Final[int]
"""DTLS, client side only"""
FILETYPE_PEM: Final[int]
"""base64 between BEGIN and END lines"""
FILETYPE_ASN1: Final[int]
"""DER, the binary form"""
FILETYPE_TEXT: Final[int]
"""words for people; dumping only"""
TYPE_RSA: Final[int]
"""RSA"""
TYPE_DSA: Final[int]
"""DSA"""
TYPE_DH: Final[int]
"""finite-field Diffie-Hellman"""
TYPE_EC: Final[int]
"""elliptic curves"""
SSL3_VERSION: Final[int]
"""SSL 3.0"""
TLS1_VERSION: Final[int]
"""TLS 1.0"""
TLS1_1_VERSION: Final[int]
"""TLS 1.1"""
TLS1_2_VERSION: Final[int]
"""TLS 1.2"""
TLS1_3_VERSION: Final[int]
"""TLS 1.3"""
DTLS1_VERSION: Final[int]
"""DTLS 1.0"""
DTLS1_2_VERSION: Final[int]
"""DTLS 1.2"""
OPENSSL_VERSION_NUMBER: Final[int]
"""version of the headers this package was built with, 0xMNN00PP0"""
OPENSSL_VERSION: Final[int]
"""the library's name, version and date"""
OPENSSL_CFLAGS: Final[int]
"""the compiler flags of the library's build"""
OPENSSL_BUILT_ON: Final[int]
"""the date of the library's build"""
OPENSSL_PLATFORM: Final[int]
"""the platform the library was built for"""
OPENSSL_DIR: Final[int]
"""where the library looks for its configuration"""
OPENSSL_ENGINES_DIR: Final[int]
"""where the library looks for engines"""
OPENSSL_VERSION_STRING: Final[int]
"""the library's version alone"""
OPENSSL_FULL_VERSION_STRING: Final[int]
"""the library's version with pre-release and build parts"""
OPENSSL_MODULES_DIR: Final[int]
"""where the library looks for providers"""
OPENSSL_CPU_INFO: Final[int]
"""the processor features the library uses"""
OPENSSL_WINCTX: Final[int]
"""the Windows registry context of the library"""
SSLEAY_VERSION: Final[int]
"""the old name of OPENSSL_VERSION"""
SSLEAY_CFLAGS: Final[int]
"""the old name of OPENSSL_CFLAGS"""
SSLEAY_BUILT_ON: Final[int]
"""the old name of OPENSSL_BUILT_ON"""
SSLEAY_PLATFORM: Final[int]
"""the old name of OPENSSL_PLATFORM"""
SSLEAY_DIR: Final[int]
"""the old name of OPENSSL_DIR"""
VERIFY_NONE: Final[int]
"""ask for no certificate; a client goes on whatever the check says"""
VERIFY_PEER: Final[int]
"""ask for the peer's certificate and check it"""
VERIFY_FAIL_IF_NO_PEER_CERT: Final[int]
"""server: refuse a client that sends no certificate"""
VERIFY_CLIENT_ONCE: Final[int]
"""server: do not ask again in a renegotiation"""
VERIFY_POST_HANDSHAKE: Final[int]
"""server, TLS 1.3: ask only after the handshake, when told to"""
X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT: Final[int]
"""look at the subject's common name even beside alternative names"""
X509_CHECK_FLAG_NO_WILDCARDS: Final[int]
"""a star in a name matches nothing"""
X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS: Final[int]
"""a star must be a whole label"""
X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS: Final[int]
"""a star may match several labels"""
X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS: Final[int]
"""a leading dot matches one label only"""
X509_CHECK_FLAG_NEVER_CHECK_SUBJECT: Final[int]
"""never look at the subject's common name"""
DANE_FLAG_NO_DANE_EE_NAMECHECKS: Final[int]
"""a certificate that a TLSA record of usage 3 names need not be for the host"""
OP_ALL: Final[int]
"""every workaround for faulty peers that is rather harmless"""
OP_NO_SSLv3: Final[int]
"""never negotiate SSL 3.0"""
OP_NO_TLSv1: Final[int]
"""never negotiate TLS 1.0"""
OP_NO_TLSv1_1: Final[int]
"""never negotiate TLS 1.1"""
OP_NO_TLSv1_2: Final[int]
"""never negotiate TLS 1.2"""
OP_NO_TLSv1_3: Final[int]
"""never negotiate TLS 1.3"""
OP_NO_DTLSv1: Final[int]
"""never negotiate DTLS 1.0"""
OP_NO_DTLSv1_2: Final[int]
"""never negotiate DTLS 1.2"""
OP_NO_SSL_MASK: Final[int]
"""all OP_NO_ bits of SSL and TLS versions together"""
OP_NO_DTLS_MASK: Final[int]
"""all OP_NO_ bits of DTLS versions together"""
OP_CIPHER_SERVER_PREFERENCE: Final[int]
"""the server's order of ciphers wins"""
OP_SERVER_PREFERENCE: Final[int]
"""the server's order of ciphers and groups wins"""
OP_PRIORITIZE_CHACHA: Final[int]
"""server: ChaCha20 first for clients that prefer it"""
OP_NO_TICKET: Final[int]
"""no stateless session tickets"""
OP_NO_COMPRESSION: Final[int]
"""no compression of records"""
OP_NO_RENEGOTIATION: Final[int]
"""refuse renegotiation in TLS 1.2 and older"""
OP_ALLOW_CLIENT_RENEGOTIATION: Final[int]
"""server: accept renegotiation asked for by clients"""
OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION: Final[int]
"""accept the insecure renegotiation of old peers"""
OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION: Final[int]
"""server: renegotiations start new sessions"""
OP_LEGACY_SERVER_CONNECT: Final[int]
"""client: accept servers without secure renegotiation"""
OP_IGNORE_UNEXPECTED_EOF: Final[int]
"""take an end without close_notify for a clean one: allows truncation"""
OP_DONT_INSERT_EMPTY_FRAGMENTS: Final[int]
"""no empty records against the attack on TLS 1.0's CBC"""
OP_TLS_ROLLBACK_BUG: Final[int]
"""server: tolerate a wrong version in the client's key exchange"""
OP_TLSEXT_PADDING: Final[int]
"""client: pad a ClientHello that some servers choke on"""
OP_SAFARI_ECDHE_ECDSA_BUG: Final[int]
"""server: avoid ECDHE-ECDSA with old Safari on OS X"""
OP_CRYPTOPRO_TLSEXT_BUG: Final[int]
"""server: send CryptoPro's extension with GOST ciphers"""
OP_COOKIE_EXCHANGE: Final[int]
"""DTLS server: demand a cookie before spending anything on a client"""
OP_NO_QUERY_MTU: Final[int]
"""DTLS: the program sets the MTU, the transport is not asked"""
OP_CISCO_ANYCONNECT: Final[int]
"""DTLS: speak the pre-standard version old AnyConnect uses"""
OP_NO_ENCRYPT_THEN_MAC: Final[int]
"""no encrypt-then-MAC"""
OP_NO_EXTENDED_MASTER_SECRET: Final[int]
"""no extended master secret"""
OP_ALLOW_NO_DHE_KEX: Final[int]
"""TLS 1.3: resume with the old secret alone, without forward secrecy"""
OP_PREFER_NO_DHE_KEX: Final[int]
"""TLS 1.3 server: prefer resumption without a new key exchange"""
OP_ENABLE_MIDDLEBOX_COMPAT: Final[int]
"""TLS 1.3: send the dummy messages that middleboxes expect"""
OP_NO_ANTI_REPLAY: Final[int]
"""TLS 1.3 server: early data without protection from replay"""
OP_DISABLE_TLSEXT_CA_NAMES: Final[int]
"""do not send the list of acceptable authorities"""
OP_CLEANSE_PLAINTEXT: Final[int]
"""wipe decrypted bytes once they are handed out"""
OP_ENABLE_KTLS: Final[int]
"""let the kernel encrypt and decrypt where it can"""
OP_ENABLE_KTLS_TX_ZEROCOPY_SENDFILE: Final[int]
"""sendfile without a copy; the file must not change meanwhile"""
OP_NO_TX_CERTIFICATE_COMPRESSION: Final[int]
"""never send a compressed certificate"""
OP_NO_RX_CERTIFICATE_COMPRESSION: Final[int]
"""never accept a compressed certificate"""
OP_LEGACY_EC_POINT_FORMATS: Final[int]
"""advertise compressed points of elliptic curves too"""
OP_ECH_GREASE: Final[int]
"""client: send a dummy encrypted hello when there is no real one"""
OP_ECH_GREASE_RETRY_CONFIG: Final[int]
"""server: add dummy keys to those it sends for a second try"""
OP_ECH_IGNORE_CID: Final[int]
"""client: choose the key's number of an encrypted hello at random"""
OP_ECH_TRIALDECRYPT: Final[int]
"""server: try every key on an encrypted hello of unknown number"""
OP_NO_SSLv2: Final[int]
"""SSL 2.0 is gone from every supported library"""
OP_SINGLE_DH_USE: Final[int]
"""a new DH key for each handshake; always so"""
OP_SINGLE_ECDH_USE: Final[int]
"""a new ECDH key for each handshake; always so"""
OP_EPHEMERAL_RSA: Final[int]
"""temporary RSA keys of export ciphers"""
OP_MICROSOFT_SESS_ID_BUG: Final[int]
"""does nothing"""
OP_MICROSOFT_BIG_SSLV3_BUFFER: Final[int]
"""does nothing"""
OP_NETSCAPE_CHALLENGE_BUG: Final[int]
"""does nothing"""
OP_NETSCAPE_REUSE_CIPHER_CHANGE_BUG: Final[int]
"""does nothing"""
OP_NETSCAPE_CA_DN_BUG: Final[int]
"""does nothing"""
OP_NETSCAPE_DEMO_CIPHER_CHANGE_BUG: Final[int]
"""does nothing"""
OP_SSLREF2_REUSE_CERT_TYPE_BUG: Final[int]
"""does nothing"""
OP_MSIE_SSLV2_RSA_PADDING: Final[int]
"""does nothing"""
OP_SSLEAY_080_CLIENT_DH_BUG: Final[int]
"""does nothing"""
OP_TLS_D5_BUG: Final[int]
"""does nothing"""
OP_TLS_BLOCK_PADDING_BUG: Final[int]
"""does nothing"""
OP_PKCS1_CHECK_1: Final[int]
"""does nothing"""
OP_PKCS1_CHECK_2: Final[int]
"""does nothing"""
MODE_ENABLE_PARTIAL_WRITE: Final[int]
"""a send may take less than it was given"""
MODE_ACCEPT_MOVING_WRITE_BUFFER: Final[int]
"""a send may be repeated from a buffer at another address"""
MODE_AUTO_RETRY: Final[int]
"""go on reading after a record that held no data"""
MODE_NO_AUTO_CHAIN: Final[int]
"""never complete the own chain from trusted certificates"""
MODE_RELEASE_BUFFERS: Final[int]
"""give record buffers back when they are empty"""
MODE_SEND_CLIENTHELLO_TIME: Final[int]
"""client: the time in the random bytes of its hello"""
MODE_SEND_SERVERHELLO_TIME: Final[int]
"""server: the time in the random bytes of its hello"""
MODE_SEND_FALLBACK_SCSV: Final[int]
"""client: tell that this is a second try with a lower version"""
MODE_ASYNC: Final[int]
"""let hardware work be done in the background"""
MODE_DTLS_SCTP_LABEL_LENGTH_BUG: Final[int]
"""DTLS over SCTP with the label length of old peers"""
SESS_CACHE_OFF: Final[int]
"""keep no sessions"""
SESS_CACHE_CLIENT: Final[int]
"""keep the sessions of client connections"""
SESS_CACHE_SERVER: Final[int]
"""keep the sessions of server connections; the default"""
SESS_CACHE_BOTH: Final[int]
"""both of the above"""
SESS_CACHE_NO_AUTO_CLEAR: Final[int]
"""do not drop expired sessions every 255 connections"""
SESS_CACHE_NO_INTERNAL_LOOKUP: Final[int]
"""never look a session up inside the library"""
SESS_CACHE_NO_INTERNAL_STORE: Final[int]
"""never store a session inside the library"""
SESS_CACHE_NO_INTERNAL: Final[int]
"""both of the above"""
SESS_CACHE_UPDATE_TIME: Final[int]
"""a session's time starts again whenever it is resumed"""
TICKET_EMPTY: Final[int]
"""the client asks for a ticket and has none"""
TICKET_NO_DECRYPT: Final[int]
"""the ticket could not be decrypted"""
TICKET_SUCCESS: Final[int]
"""the ticket was decrypted"""
TICKET_SUCCESS_RENEW: Final[int]
"""the ticket was decrypted, and is to be replaced"""
TICKET_RETURN_ABORT: Final[int]
"""end the handshake"""
TICKET_RETURN_IGNORE: Final[int]
"""shake hands in full and send no ticket"""
TICKET_RETURN_IGNORE_RENEW: Final[int]
"""shake hands in full and send a new ticket"""
TICKET_RETURN_USE: Final[int]
"""resume the session; TLS 1.3 sends new tickets all the same"""
TICKET_RETURN_USE_RENEW: Final[int]
"""resume the session and send a new ticket"""
SECOP_CIPHER_SUPPORTED: Final[int]
"""a cipher suite that this side would offer"""
SECOP_CIPHER_SHARED: Final[int]
"""one that both sides have"""
SECOP_CIPHER_CHECK: Final[int]
"""the one that the server has chosen"""
SECOP_CURVE_SUPPORTED: Final[int]
"""a group that this side would offer"""
SECOP_CURVE_SHARED: Final[int]
"""one that both sides have"""
SECOP_CURVE_CHECK: Final[int]
"""the one of the peer's key share"""
SECOP_TMP_DH: Final[int]
"""parameters for Diffie-Hellman"""
SECOP_VERSION: Final[int]
"""a protocol version"""
SECOP_TICKET: Final[int]
"""a session ticket without state"""
SECOP_SIGALG_SUPPORTED: Final[int]
"""a signature algorithm that this side would offer"""
SECOP_SIGALG_SHARED: Final[int]
"""one that both sides have"""
SECOP_SIGALG_CHECK: Final[int]
"""the one that the peer has signed with"""
SECOP_SIGALG_MASK: Final[int]
"""one that decides which kinds of certificates are usable"""
SECOP_COMPRESSION: Final[int]
"""compression of records"""
SECOP_EE_KEY: Final[int]
"""the key of an own certificate"""
SECOP_CA_KEY: Final[int]
"""the key of an authority in an own chain"""
SECOP_CA_MD: Final[int]
"""the digest of a signature in an own chain"""
SECOP_PEER_EE_KEY: Final[int]
"""the key of the peer's certificate"""
SECOP_PEER_CA_KEY: Final[int]
"""the key of an authority in the peer's chain"""
SECOP_PEER_CA_MD: Final[int]
"""the digest of a signature in the peer's chain"""
SENT_SHUTDOWN: Final[int]
"""close_notify was sent"""
RECEIVED_SHUTDOWN: Final[int]
"""close_notify was received"""
SSL_ST_CONNECT: Final[int]
"""this side is a client"""
SSL_ST_ACCEPT: Final[int]
"""this side is a server"""
SSL_ST_MASK: Final[int]
"""the bits that are not the side"""
SSL_CB_LOOP: Final[int]
"""the handshake moved to another state"""
SSL_CB_EXIT: Final[int]
"""a handshake call ended, well or not"""
SSL_CB_READ: Final[int]
"""while reading"""
SSL_CB_WRITE: Final[int]
"""while writing"""
SSL_CB_ALERT: Final[int]
"""an alert went either way"""
SSL_CB_READ_ALERT: Final[int]
"""an alert arrived"""
SSL_CB_WRITE_ALERT: Final[int]
"""an alert was sent"""
SSL_CB_ACCEPT_LOOP: Final[int]
"""server: another state"""
SSL_CB_ACCEPT_EXIT: Final[int]
"""server: a handshake call ended"""
SSL_CB_CONNECT_LOOP: Final[int]
"""client: another state"""
SSL_CB_CONNECT_EXIT: Final[int]
"""client: a handshake call ended"""
SSL_CB_HANDSHAKE_START: Final[int]
"""a handshake begins"""
SSL_CB_HANDSHAKE_DONE: Final[int]
"""a handshake is complete"""
AD_CLOSE_NOTIFY: Final[int]
"""the clean end"""
AD_UNEXPECTED_MESSAGE: Final[int]
"""a message out of turn"""
AD_BAD_RECORD_MAC: Final[int]
"""a record that does not decrypt"""
AD_DECRYPTION_FAILED: Final[int]
"""TLS 1.0: a record that does not decrypt"""
AD_RECORD_OVERFLOW: Final[int]
"""a record that is too long"""
AD_DECOMPRESSION_FAILURE: Final[int]
"""a record that does not decompress"""
AD_HANDSHAKE_FAILURE: Final[int]
"""nothing acceptable in common"""
AD_NO_CERTIFICATE: Final[int]
"""SSL 3.0: no certificate to send"""
AD_BAD_CERTIFICATE: Final[int]
"""a certificate that is corrupt or wrongly signed"""
AD_UNSUPPORTED_CERTIFICATE: Final[int]
"""a certificate of an unsupported type"""
AD_CERTIFICATE_REVOKED: Final[int]
"""the certificate was revoked"""
AD_CERTIFICATE_EXPIRED: Final[int]
"""the certificate is out of its time"""
AD_CERTIFICATE_UNKNOWN: Final[int]
"""the certificate is unacceptable for another reason"""
AD_ILLEGAL_PARAMETER: Final[int]
"""a field that contradicts others"""
AD_UNKNOWN_CA: Final[int]
"""no trusted authority above the certificate"""
AD_ACCESS_DENIED: Final[int]
"""a good certificate that is not let in"""
AD_DECODE_ERROR: Final[int]
"""a message that cannot be parsed"""
AD_DECRYPT_ERROR: Final[int]
"""a signature or finished message that is wrong"""
AD_EXPORT_RESTRICTION: Final[int]
"""export rules of old"""
AD_PROTOCOL_VERSION: Final[int]
"""no version in common"""
AD_INSUFFICIENT_SECURITY: Final[int]
"""the peer's parameters are too weak"""
AD_INTERNAL_ERROR: Final[int]
"""a failure that is not the peer's fault"""
AD_INAPPROPRIATE_FALLBACK: Final[int]
"""a second try with a lower version that was not needed"""
AD_USER_CANCELLED: Final[int]
"""the user gave up"""
AD_NO_RENEGOTIATION: Final[int]
"""renegotiation is refused"""
AD_MISSING_EXTENSION: Final[int]
"""an extension that has to be there is not"""
AD_UNSUPPORTED_EXTENSION: Final[int]
"""an extension nobody asked for"""
AD_CERTIFICATE_UNOBTAINABLE: Final[int]
"""a certificate given by address could not be fetched"""
AD_UNRECOGNIZED_NAME: Final[int]
"""no server of the name asked for"""
AD_BAD_CERTIFICATE_STATUS_RESPONSE: Final[int]
"""the stapled response is not good"""
AD_BAD_CERTIFICATE_HASH_VALUE: Final[int]
"""a certificate given by address has another hash"""
AD_UNKNOWN_PSK_IDENTITY: Final[int]
"""nobody of that name among the shared keys"""
AD_CERTIFICATE_REQUIRED: Final[int]
"""a client certificate is demanded and none came"""
AD_NO_APPLICATION_PROTOCOL: Final[int]
"""no application protocol in common"""
AD_ECH_REQUIRED: Final[int]
"""the server could not read the encrypted hello"""
CERT_PKEY_VALID: Final[int]
"""the peer takes them"""
CERT_PKEY_SIGN: Final[int]
"""the key can sign"""
CERT_PKEY_EE_SIGNATURE: Final[int]
"""the certificate is signed by an algorithm the peer knows"""
CERT_PKEY_CA_SIGNATURE: Final[int]
"""so are those above it"""
CERT_PKEY_EE_PARAM: Final[int]
"""the peer knows the group of its key"""
CERT_PKEY_CA_PARAM: Final[int]
"""and of those above it"""
CERT_PKEY_EXPLICIT_SIGN: Final[int]
"""the peer named an algorithm for its signatures"""
CERT_PKEY_ISSUER_NAME: Final[int]
"""an authority that the peer named is in the chain"""
CERT_PKEY_CERT_TYPE: Final[int]
"""the peer asked for this kind of certificate"""
CERT_PKEY_SUITEB: Final[int]
"""the chain keeps the rules of Suite B"""
EXT_TLS_ONLY: Final[int]
"""not over DTLS"""
EXT_DTLS_ONLY: Final[int]
"""over DTLS alone"""
EXT_TLS1_2_AND_BELOW_ONLY: Final[int]
"""up to TLS 1.2"""
EXT_TLS1_3_ONLY: Final[int]
"""from TLS 1.3 on"""
EXT_IGNORE_ON_RESUMPTION: Final[int]
"""a server does not read it where a session is resumed"""
EXT_CLIENT_HELLO: Final[int]
"""in a client's hello"""
EXT_TLS1_2_SERVER_HELLO: Final[int]
"""in a server's hello, up to TLS 1.2"""
EXT_TLS1_3_SERVER_HELLO: Final[int]
"""in a server's hello, from TLS 1.3 on"""
EXT_TLS1_3_ENCRYPTED_EXTENSIONS: Final[int]
"""behind it, encrypted"""
EXT_TLS1_3_HELLO_RETRY_REQUEST: Final[int]
"""where a server asks for another hello"""
EXT_TLS1_3_CERTIFICATE: Final[int]
"""with each certificate of a chain"""
EXT_TLS1_3_CERTIFICATE_REQUEST: Final[int]
"""where a server asks for a certificate"""
EXT_TLS1_3_NEW_SESSION_TICKET: Final[int]
"""with a ticket"""

class X509VerificationCodes:
    """What a check of a certificate chain can find."""

    OK: Final[int]
    """the chain is good"""
    ERR_UNSPECIFIED: Final[int]
    """no reason given"""
    ERR_UNABLE_TO_GET_ISSUER_CERT: Final[int]
    """the issuer of a looked-up certificate is not found"""
    ERR_UNABLE_TO_GET_CRL: Final[int]
    """no revocation list of the issuer"""
    ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE: Final[int]
    """the certificate's signature cannot be decrypted"""
    ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE: Final[int]
    """the revocation list's signature cannot be decrypted"""
    ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: Final[int]
    """the issuer's public key cannot be read"""
    ERR_CERT_SIGNATURE_FAILURE: Final[int]
    """the certificate's signature is wrong"""
    ERR_CRL_SIGNATURE_FAILURE: Final[int]
    """the revocation list's signature is wrong"""
    ERR_CERT_NOT_YET_VALID: Final[int]
    """the certificate's time has not begun"""
    ERR_CERT_HAS_EXPIRED: Final[int]
    """the certificate's time is over"""
    ERR_CRL_NOT_YET_VALID: Final[int]
    """the revocation list's time has not begun"""
    ERR_CRL_HAS_EXPIRED: Final[int]
    """the revocation list's time is over"""
    ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD: Final[int]
    """the begin of the certificate's time is malformed"""
    ERR_ERROR_IN_CERT_NOT_AFTER_FIELD: Final[int]
    """the end of the certificate's time is malformed"""
    ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD: Final[int]
    """the begin of the revocation list's time is malformed"""
    ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD: Final[int]
    """the end of the revocation list's time is malformed"""
    ERR_OUT_OF_MEM: Final[int]
    """no memory"""
    ERR_DEPTH_ZERO_SELF_SIGNED_CERT: Final[int]
    """the certificate is self-signed and not trusted"""
    ERR_SELF_SIGNED_CERT_IN_CHAIN: Final[int]
    """the chain ends in a root that is not trusted"""
    ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY: Final[int]
    """the issuer of a certificate the peer sent is not found"""
    ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: Final[int]
    """only one certificate, and its issuer is unknown"""
    ERR_CERT_CHAIN_TOO_LONG: Final[int]
    """the chain is longer than the depth allowed"""
    ERR_CERT_REVOKED: Final[int]
    """the certificate was revoked"""
    ERR_NO_ISSUER_PUBLIC_KEY: Final[int]
    """the issuer has no public key"""
    ERR_PATH_LENGTH_EXCEEDED: Final[int]
    """more authorities than an authority allows below itself"""
    ERR_INVALID_PURPOSE: Final[int]
    """the certificate is not for this purpose"""
    ERR_CERT_UNTRUSTED: Final[int]
    """the root is not trusted for this purpose"""
    ERR_CERT_REJECTED: Final[int]
    """the root is marked to reject this purpose"""
    ERR_SUBJECT_ISSUER_MISMATCH: Final[int]
    """the issuer's name is another one"""
    ERR_AKID_SKID_MISMATCH: Final[int]
    """the issuer's key identifier is another one"""
    ERR_AKID_ISSUER_SERIAL_MISMATCH: Final[int]
    """the issuer's name and serial number are others"""
    ERR_KEYUSAGE_NO_CERTSIGN: Final[int]
    """the issuer's key may not sign certificates"""
    ERR_UNABLE_TO_GET_CRL_ISSUER: Final[int]
    """the issuer of the revocation list is not found"""
    ERR_UNHANDLED_CRITICAL_EXTENSION: Final[int]
    """a critical extension is unknown"""
    ERR_KEYUSAGE_NO_CRL_SIGN: Final[int]
    """the key may not sign revocation lists"""
    ERR_UNHANDLED_CRITICAL_CRL_EXTENSION: Final[int]
    """a critical extension of the revocation list is unknown"""
    ERR_INVALID_NON_CA: Final[int]
    """a certificate that is not an authority carries an authority's marks"""
    ERR_PROXY_PATH_LENGTH_EXCEEDED: Final[int]
    """more proxies than allowed"""
    ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE: Final[int]
    """the key may not sign data"""
    ERR_PROXY_CERTIFICATES_NOT_ALLOWED: Final[int]
    """proxy certificates are not allowed"""
    ERR_INVALID_EXTENSION: Final[int]
    """an extension is invalid or contradicts others"""
    ERR_INVALID_POLICY_EXTENSION: Final[int]
    """a policy extension is invalid or contradicts others"""
    ERR_NO_EXPLICIT_POLICY: Final[int]
    """a policy is demanded and there is none"""
    ERR_DIFFERENT_CRL_SCOPE: Final[int]
    """the revocation list is for other certificates"""
    ERR_UNSUPPORTED_EXTENSION_FEATURE: Final[int]
    """an extension uses what is not supported"""
    ERR_UNNESTED_RESOURCE: Final[int]
    """an address block outside the issuer's"""
    ERR_PERMITTED_VIOLATION: Final[int]
    """a name outside those permitted"""
    ERR_EXCLUDED_VIOLATION: Final[int]
    """a name among those excluded"""
    ERR_SUBTREE_MINMAX: Final[int]
    """name constraints with minimum or maximum"""
    ERR_APPLICATION_VERIFICATION: Final[int]
    """the program's own check said no"""
    ERR_UNSUPPORTED_CONSTRAINT_TYPE: Final[int]
    """a name constraint of an unknown type"""
    ERR_UNSUPPORTED_CONSTRAINT_SYNTAX: Final[int]
    """a name constraint of unknown syntax"""
    ERR_UNSUPPORTED_NAME_SYNTAX: Final[int]
    """a name of unknown syntax"""
    ERR_CRL_PATH_VALIDATION_ERROR: Final[int]
    """the revocation list's own chain is not good"""
    ERR_PATH_LOOP: Final[int]
    """the chain runs in a circle"""
    ERR_SUITE_B_INVALID_VERSION: Final[int]
    """Suite B: wrong certificate version"""
    ERR_SUITE_B_INVALID_ALGORITHM: Final[int]
    """Suite B: wrong key algorithm"""
    ERR_SUITE_B_INVALID_CURVE: Final[int]
    """Suite B: wrong curve"""
    ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM: Final[int]
    """Suite B: wrong signature algorithm"""
    ERR_SUITE_B_LOS_NOT_ALLOWED: Final[int]
    """Suite B: curve below the level of security"""
    ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256: Final[int]
    """Suite B: a P-256 key above a P-384 key"""
    ERR_HOSTNAME_MISMATCH: Final[int]
    """the certificate is for another host"""
    ERR_EMAIL_MISMATCH: Final[int]
    """the certificate is for another mail address"""
    ERR_IP_ADDRESS_MISMATCH: Final[int]
    """the certificate is for another IP address"""
    ERR_DANE_NO_MATCH: Final[int]
    """no DANE record matches"""
    ERR_EE_KEY_TOO_SMALL: Final[int]
    """the certificate's key is too small"""
    ERR_CA_KEY_TOO_SMALL: Final[int]
    """an authority's key is too small"""
    ERR_CA_MD_TOO_WEAK: Final[int]
    """an authority's signature uses too weak a digest"""
    ERR_INVALID_CALL: Final[int]
    """the check was called wrongly"""
    ERR_STORE_LOOKUP: Final[int]
    """looking an issuer up failed"""
    ERR_NO_VALID_SCTS: Final[int]
    """no valid certificate transparency stamps"""
    ERR_PROXY_SUBJECT_NAME_VIOLATION: Final[int]
    """a proxy's name does not extend its issuer's"""
    ERR_OCSP_VERIFY_NEEDED: Final[int]
    """an OCSP response is demanded and there is none"""
    ERR_OCSP_VERIFY_FAILED: Final[int]
    """the OCSP response is not good"""
    ERR_OCSP_CERT_UNKNOWN: Final[int]
    """the OCSP responder does not know the certificate"""
    ERR_UNSUPPORTED_SIGNATURE_ALGORITHM: Final[int]
    """the signature algorithm is not supported"""
    ERR_SIGNATURE_ALGORITHM_MISMATCH: Final[int]
    """the signature is not of the issuer's kind of key"""
    ERR_SIGNATURE_ALGORITHM_INCONSISTENCY: Final[int]
    """inner and outer signature algorithm differ"""
    ERR_INVALID_CA: Final[int]
    """an issuer is not an authority"""
    ERR_PATHLEN_INVALID_FOR_NON_CA: Final[int]
    """a path length where there is no authority"""
    ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN: Final[int]
    """a path length without the right to sign certificates"""
    ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA: Final[int]
    """the right to sign certificates where there is no authority"""
    ERR_ISSUER_NAME_EMPTY: Final[int]
    """the issuer has no name"""
    ERR_SUBJECT_NAME_EMPTY: Final[int]
    """an authority has no name"""
    ERR_MISSING_AUTHORITY_KEY_IDENTIFIER: Final[int]
    """the issuer's key identifier is missing"""
    ERR_MISSING_SUBJECT_KEY_IDENTIFIER: Final[int]
    """the subject's key identifier is missing"""
    ERR_EMPTY_SUBJECT_ALT_NAME: Final[int]
    """the list of alternative names is empty"""
    ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL: Final[int]
    """no subject, and the alternative names are not critical"""
    ERR_CA_BCONS_NOT_CRITICAL: Final[int]
    """an authority's basic constraints are not critical"""
    ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL: Final[int]
    """the issuer's key identifier is marked critical"""
    ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL: Final[int]
    """the subject's key identifier is marked critical"""
    ERR_CA_CERT_MISSING_KEY_USAGE: Final[int]
    """an authority says nothing about its key's use"""
    ERR_EXTENSIONS_REQUIRE_VERSION_3: Final[int]
    """extensions in a certificate before version 3"""
    ERR_EC_KEY_EXPLICIT_PARAMS: Final[int]
    """the curve is written out instead of named"""
    ERR_RPK_UNTRUSTED: Final[int]
    """the peer's raw public key is not trusted"""
    ERR_OCSP_RESP_INVALID: Final[int]
    """the OCSP response is malformed"""
    ERR_OCSP_SIGNATURE_FAILURE: Final[int]
    """the OCSP response's signature is wrong"""
    ERR_OCSP_NOT_YET_VALID: Final[int]
    """the OCSP response's time has not begun"""
    ERR_OCSP_HAS_EXPIRED: Final[int]
    """the OCSP response's time is over"""
    ERR_OCSP_NO_RESPONSE: Final[int]
    """no OCSP response came"""
    ERR_CRL_VERIFY_FAILED: Final[int]
    """the revocation list could not be checked"""
    ERR_AKID_ISSUER_SERIAL_NOT_PAIRED: Final[int]
    """the key identifier names an issuer without a serial number, or the reverse"""
    ERR_EMPTY_AUTHORITY_KEY_IDENTIFIER: Final[int]
    """the issuer's key identifier is empty"""

class X509StoreFlags:
    """How an X509Store checks a certificate chain."""

    CRL_CHECK: Final[int]
    """look for a revocation list of the certificate's issuer"""
    CRL_CHECK_ALL: Final[int]
    """with CRL_CHECK: of every issuer in the chain"""
    IGNORE_CRITICAL: Final[int]
    """go on despite unknown critical extensions"""
    X509_STRICT: Final[int]
    """no workarounds for certificates that break the standard"""
    ALLOW_PROXY_CERTS: Final[int]
    """accept proxy certificates"""
    POLICY_CHECK: Final[int]
    """process certificate policies"""
    EXPLICIT_POLICY: Final[int]
    """demand a policy"""
    INHIBIT_ANY: Final[int]
    """the policy "any" does not count"""
    INHIBIT_MAP: Final[int]
    """no mapping of policies"""
    NOTIFY_POLICY: Final[int]
    """tell the verify callback when policies are done"""
    EXTENDED_CRL_SUPPORT: Final[int]
    """accept indirect and partial revocation lists"""
    USE_DELTAS: Final[int]
    """use delta revocation lists"""
    CHECK_SS_SIGNATURE: Final[int]
    """check even a root's signature over itself"""
    TRUSTED_FIRST: Final[int]
    """look among the trusted before the chain the peer sent; always so"""
    SUITEB_128_LOS_ONLY: Final[int]
    """Suite B at 128 bits only"""
    SUITEB_192_LOS: Final[int]
    """Suite B at 192 bits"""
    SUITEB_128_LOS: Final[int]
    """Suite B at 128 bits and more"""
    PARTIAL_CHAIN: Final[int]
    """any trusted certificate may end the chain, root or not"""
    NO_ALT_CHAINS: Final[int]
    """do not look for another chain when the first is not good"""
    NO_CHECK_TIME: Final[int]
    """do not compare with the clock"""
    OCSP_RESP_CHECK: Final[int]
    """check the stapled OCSP response of the certificate"""
    OCSP_RESP_CHECK_ALL: Final[int]
    """check the stapled OCSP responses of the whole chain"""
