/* Hands one test to the warmed Python process (zygote.py) and exits with its answer.

   The arguments travel as bytes with NULs between them, the three standard streams as
   descriptors; the answer is one byte.  */

#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char words[1 << 18];
    size_t used = 0;
    for (int i = 1; i < argc; i++) {
        size_t size = strlen(argv[i]) + 1;
        if (used + size > sizeof(words))
            return 1;
        memcpy(words + used, argv[i], size);
        used += size;
    }
    const char *path = getenv("CONFORMANCE_ZYGOTE");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!path || strlen(path) >= sizeof(address.sun_path))
        return 1;
    strcpy(address.sun_path, path);
    int plug = socket(AF_UNIX, SOCK_STREAM, 0);
    if (plug < 0 || connect(plug, (struct sockaddr *)&address, sizeof(address)) != 0)
        return 1;
    int streams[3] = { 0, 1, 2 };
    char room[CMSG_SPACE(sizeof(streams))] = { 0 };
    struct iovec first = { words, used ? 1 : 0 };
    struct msghdr message = { .msg_iov = &first, .msg_iovlen = 1, .msg_control = room,
                              .msg_controllen = sizeof(room) };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(streams));
    memcpy(CMSG_DATA(header), streams, sizeof(streams));
    if (sendmsg(plug, &message, 0) != 1)
        return 1;
    for (size_t sent = 1; sent < used;) {
        ssize_t size = write(plug, words + sent, used - sent);
        if (size <= 0)
            return 1;
        sent += (size_t)size;
    }
    shutdown(plug, SHUT_WR);
    unsigned char answer = 1;
    if (read(plug, &answer, 1) != 1)
        return 99;
    return answer;
}
