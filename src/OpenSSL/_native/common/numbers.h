/* Numbers that are ours, and no macros of OpenSSL.  Programs know them
 * from pyOpenSSL, so they never change. */
#ifndef BRISKTLS_NUMBERS_H
#define BRISKTLS_NUMBERS_H

#define BRISK_SSLv2_METHOD 1
#define BRISK_SSLv3_METHOD 2
#define BRISK_SSLv23_METHOD 3
#define BRISK_TLSv1_METHOD 4
#define BRISK_TLSv1_1_METHOD 5
#define BRISK_TLSv1_2_METHOD 6
#define BRISK_TLS_METHOD 7
#define BRISK_TLS_SERVER_METHOD 8
#define BRISK_TLS_CLIENT_METHOD 9
#define BRISK_DTLS_METHOD 10
#define BRISK_DTLS_SERVER_METHOD 11
#define BRISK_DTLS_CLIENT_METHOD 12

#define BRISK_FILETYPE_TEXT 65535

#endif
