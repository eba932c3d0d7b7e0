/* Kernel TLS on Linux: handing keys, records and files over to the kernel.
 *
 * Theory.  libssl asks its BIO to start the kernel's encryption or decryption, and
 * says which writes are not application data (ktls_set_crypto_state and
 * ktls_prepare_write_bio, 3.5 and 4.0).  From then on the socket takes and
 * gives plain bytes; a record's type travels beside them as a control message, and
 * libssl wants to see a record's header in front of what it reads.
 *
 * What libssl is given to send it does not copy here, but asks again later with the
 * same pointer, which the caller may have freed meanwhile.  So what could not be
 * sent at once is kept, and sent from the copy.
 *
 * There is no way back from the kernel: keys it did not take, when it has older
 * ones, leave the connection unable to go on, and every later call says so.
 *
 * Elsewhere, and with headers that know nothing of it, starting fails, and
 * the work stays with libssl.
 */
#ifndef BRISKTLS_KERNEL_TLS_H
#define BRISKTLS_KERNEL_TLS_H

#include "platform.h"
#include <stdlib.h>

#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/tls.h>)
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#if defined(TLS_TX) && defined(TLS_RX) && defined(TLS_GET_RECORD_TYPE)
#define BRISK_KERNEL_TLS 1
#endif
#endif
#endif

/* One for each connection; all zero at first. */
typedef struct {
    unsigned char sending;   /* the kernel encrypts what is written */
    unsigned char receiving; /* the kernel decrypts what is read */
    unsigned char new_keys;  /* TLS 1.3: a key update went out, and the kernel has the old key */
    unsigned char lost_send; /* the kernel refused a key where it has an older one */
    unsigned char lost_recv;
    unsigned char version13;
    unsigned char kind; /* type of the record that the next write is; 0 is plain data */
    char *kept;         /* of a record that was not sent at once, what is left; owned */
    unsigned int kept_start;
    unsigned int kept_end;
} brisk_kernel_tls;

static inline void brisk_kernel_tls_free(brisk_kernel_tls *k)
{
    free(k->kept);
    memset(k, 0, sizeof(*k));
}

/* Whether a file may be sent around libssl now: nothing of its own is half done. */
static inline int brisk_kernel_tls_idle(const brisk_kernel_tls *k)
{
    return k->sending && !k->new_keys && !k->lost_send && k->kind == 0 && k->kept == NULL;
}

#ifdef BRISK_KERNEL_TLS

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

enum {
    /* OpenSSL's own numbers for these requests, the same since 3.0; bio.h keeps some of
     * them to itself. */
    BRISK_SET_KTLS = 72,
    BRISK_GET_KTLS_SEND = 73,
    BRISK_SET_RECORD_KIND = 74,
    BRISK_CLEAR_RECORD_KIND = 75,
    BRISK_GET_KTLS_RECV = 76,
    BRISK_SET_ZEROCOPY_SENDFILE = 90,

    BRISK_RECORD_HEADER = 5,
    BRISK_RECORD_LIMIT = 16384, /* plain bytes of a record */
    BRISK_KIND_HANDSHAKE = 22,
    BRISK_MESSAGE_KEY_UPDATE = 24
};

/* How long the description of a key is: the kernel wants exactly that many bytes. */
static inline socklen_t brisk_kernel_tls_size(const struct tls_crypto_info *info)
{
    switch (info->cipher_type) {
#ifdef TLS_CIPHER_AES_GCM_128
    case TLS_CIPHER_AES_GCM_128:
        return sizeof(struct tls12_crypto_info_aes_gcm_128);
#endif
#ifdef TLS_CIPHER_AES_GCM_256
    case TLS_CIPHER_AES_GCM_256:
        return sizeof(struct tls12_crypto_info_aes_gcm_256);
#endif
#ifdef TLS_CIPHER_AES_CCM_128
    case TLS_CIPHER_AES_CCM_128:
        return sizeof(struct tls12_crypto_info_aes_ccm_128);
#endif
#ifdef TLS_CIPHER_CHACHA20_POLY1305
    case TLS_CIPHER_CHACHA20_POLY1305:
        return sizeof(struct tls12_crypto_info_chacha20_poly1305);
#endif
    default:
        return 0;
    }
}

static inline int brisk_kernel_tls_give_key(
    brisk_kernel_tls *k, int fd, int sending, const struct tls_crypto_info *info)
{
    socklen_t size = brisk_kernel_tls_size(info);
    if (size == 0)
        return 0;
    /* Sockets that are not TCP's, and kernels without TLS, refuse this. */
    if (!k->sending && !k->receiving
        && setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) != 0 && errno != EEXIST)
        return 0;
    return setsockopt(fd, SOL_TLS, sending ? TLS_TX : TLS_RX, info, size) == 0;
}

static inline int brisk_kernel_tls_start(
    brisk_kernel_tls *k, int fd, int sending, const struct tls_crypto_info *info)
{
    if (brisk_kernel_tls_give_key(k, fd, sending, info)) {
        if (sending) {
            k->sending = 1;
            k->new_keys = 0;
            k->version13 = info->version == TLS_1_3_VERSION;
        } else
            k->receiving = 1;
        return 1;
    }
    /* libssl would go on by itself now, and the kernel encrypt once more
     * (tls13_change_cipher_state, 3.0; ktls_set_crypto_state, 3.5 and 4.0). */
    if (sending)
        k->lost_send = k->sending;
    else
        k->lost_recv = k->receiving;
    return 0;
}

/* What libssl asks of a BIO; 0 for what is not about the kernel, too. */
static inline long brisk_kernel_tls_control(
    brisk_kernel_tls *k, brisk_fd fd, int command, long number, void *pointer)
{
    switch (command) {
    case BRISK_SET_KTLS:
        return pointer != NULL && brisk_kernel_tls_start(k, fd, number != 0, pointer);
    case BRISK_GET_KTLS_SEND:
        return k->sending;
    case BRISK_GET_KTLS_RECV:
        return k->receiving;
    case BRISK_SET_RECORD_KIND:
        k->kind = (unsigned char)number;
        return 0;
    case BRISK_CLEAR_RECORD_KIND:
        k->kind = 0;
        return 0;
#ifdef TLS_TX_ZEROCOPY_RO
    case BRISK_SET_ZEROCOPY_SENDFILE: {
        int on = 1;
        return setsockopt(fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, &on, sizeof(on)) == 0;
    }
#endif
    default:
        return 0;
    }
}

/* A control message that holds the type of a record. */
typedef union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(unsigned char))];
} brisk_record_kind;

/* Read one record's bytes with a header before them.  0 is the end of the stream;
 * -1 an error, with the errnos that libssl knows how to tell the peer about. */
static inline Py_ssize_t brisk_kernel_tls_read(
    brisk_kernel_tls *k, brisk_fd fd, char *data, size_t size)
{
    struct msghdr message;
    struct cmsghdr *kind;
    struct iovec part;
    brisk_record_kind control;
    Py_ssize_t got;
    if (k->lost_recv) {
        errno = EKEYEXPIRED;
        return -1;
    }
    if (size <= BRISK_RECORD_HEADER) {
        errno = EINVAL;
        return -1;
    }
    part.iov_base = data + BRISK_RECORD_HEADER;
    part.iov_len = size - BRISK_RECORD_HEADER;
    if (part.iov_len > BRISK_RECORD_LIMIT)
        part.iov_len = BRISK_RECORD_LIMIT;
    memset(&message, 0, sizeof(message));
    memset(&control, 0, sizeof(control));
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);
    got = recvmsg(fd, &message, MSG_DONTWAIT);
    if (got < 0)
        return -1;
    kind = CMSG_FIRSTHDR(&message);
    if (kind == NULL) {
        if (got == 0)
            return 0;
        errno = EBADMSG; /* bytes of which nobody says what they are */
        return -1;
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0 || kind->cmsg_level != SOL_TLS
        || kind->cmsg_type != TLS_GET_RECORD_TYPE) {
        errno = EBADMSG;
        return -1;
    }
    data[0] = (char)*(unsigned char *)CMSG_DATA(kind);
    data[1] = 3; /* what every record's header says since TLS 1.2 */
    data[2] = 3;
    data[3] = (char)(got >> 8);
    data[4] = (char)(got & 0xff);
    return got + BRISK_RECORD_HEADER;
}

/* Whether the connection below is over in both directions.  The kernel's TLS would
 * take more bytes all the same and lose them (seen in 6.1 after a reset was read). */
static inline int brisk_kernel_tls_gone(brisk_fd fd)
{
    struct pollfd one;
    one.fd = fd;
    one.events = 0;
    one.revents = 0;
    if (poll(&one, 1, 0) != 1 || (one.revents & POLLHUP) == 0 || (one.revents & POLLERR) != 0)
        return 0;
    errno = EPIPE;
    return 1;
}

/* Write a record that is not application data. */
static inline Py_ssize_t brisk_kernel_tls_write_kind(
    brisk_kernel_tls *k, brisk_fd fd, const char *data, size_t size)
{
    struct msghdr message;
    struct cmsghdr *kind;
    struct iovec part;
    brisk_record_kind control;
    Py_ssize_t put;
    part.iov_base = (void *)data;
    part.iov_len = size;
    memset(&message, 0, sizeof(message));
    memset(&control, 0, sizeof(control));
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);
    kind = CMSG_FIRSTHDR(&message);
    kind->cmsg_level = SOL_TLS;
    kind->cmsg_type = TLS_SET_RECORD_TYPE;
    kind->cmsg_len = CMSG_LEN(sizeof(unsigned char));
    *(unsigned char *)CMSG_DATA(kind) = k->kind;
    message.msg_controllen = kind->cmsg_len;
    put = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 || (size_t)put < size)
        return put;
    /* A new key is taken now: 3.0 tells nobody (tls13_update_key), 3.5 and 4.0 bring it. */
    if (k->version13 && k->kind == BRISK_KIND_HANDSHAKE && size > 0
        && data[0] == BRISK_MESSAGE_KEY_UPDATE)
        k->new_keys = 1;
    k->kind = 0;
    return put;
}

/* Keep what was not sent of a record; 0 when there is no memory for it. */
static inline int brisk_kernel_tls_keep(brisk_kernel_tls *k, const char *data, size_t size)
{
    k->kept = malloc(size);
    if (k->kept == NULL)
        return 0;
    memcpy(k->kept, data, size);
    k->kept_start = 0;
    k->kept_end = (unsigned int)size;
    return 1;
}

static inline Py_ssize_t brisk_kernel_tls_write(
    brisk_kernel_tls *k, brisk_fd fd, const char *data, size_t size)
{
    Py_ssize_t put;
    size_t done;
    if (k->lost_send || k->new_keys) {
        errno = EKEYEXPIRED;
        return -1;
    }
    if (brisk_kernel_tls_gone(fd))
        return -1;
    if (k->kind != 0)
        return brisk_kernel_tls_write_kind(k, fd, data, size);
    if (k->kept != NULL) {
        if (size != k->kept_end - k->kept_start) {
            errno = EINVAL;
            return -1;
        }
        put = send(fd, k->kept + k->kept_start, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put > 0)
            k->kept_start += (unsigned int)put;
        if (k->kept_start == k->kept_end) {
            free(k->kept);
            k->kept = NULL;
        }
        return put;
    }
    put = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && !brisk_would_block(errno))
        return -1;
    done = put < 0 ? 0 : (size_t)put;
    if (done < size && !brisk_kernel_tls_keep(k, data + done, size - done)) {
        errno = ENOMEM;
        return -1;
    }
    if (put < 0)
        errno = EAGAIN;
    return put;
}

/* sendfile(2) that waits for a tick of the kernel's clock at most, whatever mode the
 * socket is in: there is no MSG_DONTWAIT for it.  Nor is there a MSG_NOSIGNAL. */
static inline Py_ssize_t brisk_sendfile(brisk_fd fd, int file, long long offset, size_t size)
{
    const struct timeval tick = {0, 1};
    const struct timespec now = {0, 0};
    struct timeval before;
    socklen_t length = sizeof(before);
    off_t from = (off_t)offset;
    sigset_t pipe, mask, pending;
    int number, raised, blocking;
    Py_ssize_t put;
    if (brisk_kernel_tls_gone(fd))
        return -1;
    blocking = !brisk_is_nonblocking(fd)
        && getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &before, &length) == 0
        && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tick, sizeof(tick)) == 0;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    raised = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &mask);
    put = sendfile(fd, file, &from, size);
    number = errno;
    if (put < 0 && number == EPIPE && !raised) {
        while (sigtimedwait(&pipe, NULL, &now) == -1 && errno == EINTR)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (blocking)
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &before, sizeof(before));
    errno = number;
    return put;
}

#else /* no kernel TLS here */

static inline long brisk_kernel_tls_control(
    brisk_kernel_tls *k, brisk_fd fd, int command, long number, void *pointer)
{
    (void)k;
    (void)fd;
    (void)command;
    (void)number;
    (void)pointer;
    return 0;
}

static inline Py_ssize_t brisk_kernel_tls_read(
    brisk_kernel_tls *k, brisk_fd fd, char *data, size_t size)
{
    (void)k;
    return brisk_read(fd, 1, data, size);
}

static inline Py_ssize_t brisk_kernel_tls_write(
    brisk_kernel_tls *k, brisk_fd fd, const char *data, size_t size)
{
    (void)k;
    return brisk_write(fd, 1, data, size);
}

static inline Py_ssize_t brisk_sendfile(brisk_fd fd, int file, long long offset, size_t size)
{
    (void)fd;
    (void)file;
    (void)offset;
    (void)size;
    errno = ENOSYS;
    return -1;
}

#endif
#endif
