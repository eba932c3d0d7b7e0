/* What differs between operating systems and interpreters: socket calls that never
 * block, and who runs while we keep the interpreter.
 */
#ifndef BRISKTLS_PLATFORM_H
#define BRISKTLS_PLATFORM_H

#include <Python.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#ifdef _WIN32
#include <winsock2.h>
#else
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#endif

/* Whether nobody else runs Python while we do not give up the interpreter. */
#ifdef Py_GIL_DISABLED
#define BRISK_ALONE 0
#else
#define BRISK_ALONE 1
#endif

/* Whether there is nobody to give it up to: no other thread has ever come to Python, or
 * all are gone.  Only our own state is looked into; one that comes waits for its turn. */
static inline int brisk_is_single(void)
{
#ifdef Py_GIL_DISABLED
    return 0;
#else
    PyThreadState *own = PyThreadState_Get();
    return PyInterpreterState_ThreadHead(PyThreadState_GetInterpreter(own)) == own
        && PyThreadState_Next(own) == NULL;
#endif
}

/* ---- sockets and other descriptors ------------------------------------ */

#ifdef _WIN32
typedef SOCKET brisk_fd;
#define BRISK_POLLIN POLLRDNORM
#define BRISK_POLLOUT POLLWRNORM
static inline int brisk_errno(void) { return WSAGetLastError(); }
static inline int brisk_would_block(int e) { return e == WSAEWOULDBLOCK || e == WSAEINTR; }
#else
typedef int brisk_fd;
#define BRISK_POLLIN POLLIN
#define BRISK_POLLOUT POLLOUT
static inline int brisk_errno(void) { return errno; }
static inline int brisk_would_block(int e)
{
    return e == EAGAIN || e == EWOULDBLOCK || e == EINTR;
}
#endif

/* Nanoseconds of a clock that only goes forward. */
static inline long long brisk_now(void)
{
#ifdef _WIN32
    LARGE_INTEGER count, each;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&each);
    return (long long)(count.QuadPart * 1e9 / each.QuadPart);
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
#endif
}

/* Wait for an event for at most `milliseconds` (-1: for ever).
 * 1 when it came, 0 when the time ran out, -1 with the errno on failure. */
static inline int brisk_poll(brisk_fd fd, int writing, int milliseconds)
{
    struct pollfd one;
    one.fd = fd;
    one.events = writing ? BRISK_POLLOUT : BRISK_POLLIN;
    one.revents = 0;
#ifdef _WIN32
    return WSAPoll(&one, 1, milliseconds);
#else
    return poll(&one, 1, milliseconds);
#endif
}

/* 1 for a socket, 0 for another kind of descriptor, -1 for none at all. */
static inline int brisk_is_socket(brisk_fd fd)
{
    int kind;
#ifdef _WIN32
    int size = sizeof(kind);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, (char *)&kind, &size) == 0 ? 1 : -1;
#else
    socklen_t size = sizeof(kind);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) == 0)
        return 1;
    return errno == ENOTSOCK ? 0 : -1;
#endif
}

/* Whether `fd` is a socket inside the machine that has little room: of the Unix domain. */
static inline int brisk_is_local(brisk_fd fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    return getsockname(fd, (struct sockaddr *)&address, &size) == 0
        && address.ss_family == AF_UNIX;
}

/* Duplicate `fd`; -1 on failure. */
static inline brisk_fd brisk_duplicate(brisk_fd fd)
{
#ifdef _WIN32
    WSAPROTOCOL_INFOW told;
    if (WSADuplicateSocketW(fd, GetCurrentProcessId(), &told) != 0)
        return (brisk_fd)-1;
    return WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &told, 0,
        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
#else
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
#endif
}

static inline void brisk_close(brisk_fd fd)
{
#ifdef _WIN32
    closesocket(fd);
#else
    close(fd);
#endif
}

/* 1 when the descriptor itself is in non-blocking mode. */
static inline int brisk_is_nonblocking(brisk_fd fd)
{
#ifdef _WIN32
    (void)fd;
    return 0;
#else
    int flags = fcntl(fd, F_GETFL);
    return flags != -1 && (flags & O_NONBLOCK) != 0;
#endif
}

#ifndef _WIN32
/* 0 with errno set where a descriptor would block, or a signal kept us from asking: a caller that
 * went on then could block with a lock held. */
static inline int brisk_is_ready(brisk_fd fd, int writing)
{
    int ready = brisk_poll(fd, writing, 0);
    if (ready == 0)
        errno = EAGAIN;
    return ready > 0;
}
#endif

/* Read or write without ever blocking, whatever mode the descriptor is in.
 * -1 with errno set on failure; EAGAIN where it would have blocked. */
static inline Py_ssize_t brisk_read(brisk_fd fd, int is_socket, char *data, size_t size)
{
#ifdef _WIN32
    (void)is_socket;
    int ready = brisk_poll(fd, 0, 0);
    if (ready == 0) {
        WSASetLastError(WSAEWOULDBLOCK);
        return -1;
    }
    return recv(fd, data, size > INT_MAX ? INT_MAX : (int)size, 0);
#else
    if (is_socket)
        return recv(fd, data, size, MSG_DONTWAIT);
    if (!brisk_is_ready(fd, 0))
        return -1;
    return read(fd, data, size);
#endif
}

/* The same of a socket, and into `more` what is there beyond `size`, up to `room`. */
static inline Py_ssize_t brisk_read_both(
    brisk_fd fd, char *data, size_t size, unsigned char *more, size_t room)
{
#ifdef _WIN32
    (void)more;
    (void)room;
    return brisk_read(fd, 1, data, size);
#else
    struct iovec parts[2];
    struct msghdr message;
    parts[0].iov_base = data;
    parts[0].iov_len = size;
    parts[1].iov_base = more;
    parts[1].iov_len = room;
    memset(&message, 0, sizeof(message));
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return recvmsg(fd, &message, MSG_DONTWAIT);
#endif
}

static inline Py_ssize_t brisk_write(brisk_fd fd, int is_socket, const char *data, size_t size)
{
#ifdef _WIN32
    (void)is_socket;
    int ready = brisk_poll(fd, 1, 0);
    if (ready == 0) {
        WSASetLastError(WSAEWOULDBLOCK);
        return -1;
    }
    return send(fd, data, size > INT_MAX ? INT_MAX : (int)size, 0);
#else
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* macOS: SO_NOSIGPIPE; Python ignores SIGPIPE anyway */
#endif
    if (is_socket)
        return send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!brisk_is_ready(fd, 1))
        return -1;
    /* A pipe that is ready takes PIPE_BUF bytes at least; more could block. */
    return write(fd, data, size > 512 ? 512 : size);
#endif
}

#endif
