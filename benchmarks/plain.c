/* The same works as the Python peers do, in plain C over libssl: the yardstick.
 *
 *     plain WORK OPTION SECONDS FOLDER
 *
 * FOLDER has ca.pem, chain.pem and key.pem.  Prints one number: the best of many
 * slices, in seconds of this thread's CPU for one operation, unless a work says
 * otherwise below.  Every slice repeats the operation, as clock.py does.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD 32768

static const char *folder;
static SSL_CTX *client_context, *server_context;
static SSL_SESSION *session;
static char message[1 << 20], wire[1 << 20], got[1 << 20];
static int size;

typedef struct {
    SSL *client, *server;
} Pair;

static Pair pair;

static void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void must(int good, const char *what) {
    if (!good)
        die(what);
}

static const char *file(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- contexts and pairs in memory */

static void make_contexts(void) {
    server_context = SSL_CTX_new(TLS_server_method());
    must(SSL_CTX_use_certificate_chain_file(server_context, file("chain.pem")) == 1, "chain");
    must(SSL_CTX_use_PrivateKey_file(server_context, file("key.pem"), SSL_FILETYPE_PEM) == 1,
         "key");
    client_context = SSL_CTX_new(TLS_client_method());
    must(SSL_CTX_load_verify_locations(client_context, file("ca.pem"), NULL) == 1, "authority");
    SSL_CTX_set_verify(client_context, SSL_VERIFY_PEER, NULL);
    must(SSL_CTX_set_min_proto_version(client_context, TLS1_3_VERSION) == 1, "version");
}

static SSL *one_end(SSL_CTX *context, int server) {
    SSL *end = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    must(end && in && out, "SSL_new");
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    SSL_set_bio(end, in, out);
    server ? SSL_set_accept_state(end) : SSL_set_connect_state(end);
    return end;
}

static void new_pair(void) {
    pair.client = one_end(client_context, 0);
    pair.server = one_end(server_context, 1);
    if (session)
        must(SSL_set_session(pair.client, session) == 1, "SSL_set_session");
}

static void free_pair(void) {
    SSL_free(pair.client);
    SSL_free(pair.server);
}

static void move(SSL *from, SSL *to) {
    int count = BIO_read(SSL_get_wbio(from), wire, sizeof wire);
    if (count > 0)
        must(BIO_write(SSL_get_rbio(to), wire, count) == count, "BIO_write");
}

static void wants(SSL *end) {
    int result = SSL_do_handshake(end);
    must(result == -1 && SSL_get_error(end, result) == SSL_ERROR_WANT_READ, "want");
}

static void shake(void) {
    wants(pair.client);
    move(pair.client, pair.server);
    wants(pair.server);
    move(pair.server, pair.client);
    must(SSL_do_handshake(pair.client) == 1, "client handshake");
    move(pair.client, pair.server);
    must(SSL_do_handshake(pair.server) == 1, "server handshake");
}

/* The tickets and one message each way have gone: as quiet as a used connection. */
static void settle(void) {
    must(SSL_write(pair.server, "x", 1) == 1, "write");
    move(pair.server, pair.client);
    must(SSL_read(pair.client, got, 1) == 1, "read");
    must(SSL_write(pair.client, "x", 1) == 1, "write");
    move(pair.client, pair.server);
    must(SSL_read(pair.server, got, 1) == 1, "read");
    must(SSL_read(pair.client, got, 1) == -1 && SSL_read(pair.server, got, 1) == -1, "want");
}

static void connected(void) {
    make_contexts();
    new_pair();
    shake();
    settle();
}

/* ---- operations */

static void exchange(void) {
    must(SSL_write(pair.client, message, size) == size, "SSL_write");
    int count = BIO_read(SSL_get_wbio(pair.client), wire, RECORD);
    must(BIO_write(SSL_get_rbio(pair.server), wire, count) == count, "BIO_write");
    must(SSL_read(pair.server, got, size) == size, "SSL_read");
}

/* A connection freed without a goodbye makes libssl give up its session. */
static void handshake(void) {
    new_pair();
    shake();
    must(SSL_session_reused(pair.client) == (session != NULL), "resumption");
    if (session)
        SSL_set_shutdown(pair.client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    free_pair();
}

static void want_bio_read(void) {
    must(BIO_read(SSL_get_wbio(pair.client), wire, RECORD) == -1, "BIO_read");
}

static void want_recv(void) {
    int result = SSL_read(pair.client, got, 4096);
    must(SSL_get_error(pair.client, result) == SSL_ERROR_WANT_READ, "SSL_read");
}

static void want_handshake(void) { wants(pair.client); }

/* ---- time */

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double measure(void (*operation)(void), double seconds, clockid_t clock) {
    double best = 1e9, end = now(CLOCK_MONOTONIC) + seconds;
    long times = 1;
    while (now(CLOCK_MONOTONIC) < end || best == 1e9) {
        double start = now(clock);
        for (long i = 0; i < times; i++)
            operation();
        double spent = now(clock) - start;
        if (spent < seconds / 20 && now(CLOCK_MONOTONIC) < end) {
            times *= 2;
            continue;
        }
        if (spent / times < best)
            best = spent / times;
    }
    return best;
}

/* ---- transfers between two processes */

static SSL *stream;
static char *bulk;

static void transfer(void) {
    must(SSL_write(stream, bulk, size) == size, "SSL_write");
    must(SSL_read(stream, got, 1) == 1, "SSL_read");
}

static void sockets(int tcp, int ends[2]) {
    if (!tcp) {
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
        return;
    }
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(listener, (struct sockaddr *)&address, length) == 0, "bind");
    must(listen(listener, 1) == 0, "listen");
    must(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(ends[0], (struct sockaddr *)&address, length) == 0, "connect");
    ends[1] = accept(listener, NULL, NULL);
    must(ends[1] >= 0, "accept");
    for (int i = 0; i < 2; i++)
        setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void receive_for_ever(int end) {
    stream = SSL_new(server_context);
    SSL_set_fd(stream, end);
    must(SSL_accept(stream) == 1, "SSL_accept");
    for (;;) {
        for (int left = size; left > 0;) {
            int count = SSL_read(stream, got, 1 << 16);
            if (count <= 0)
                _exit(0);
            left -= count;
        }
        must(SSL_write(stream, "k", 1) == 1, "SSL_write");
    }
}

/* As processors.py: half of the processors for each of two processes. */
static void stay_on_half(int second) {
#ifdef __linux__
    cpu_set_t every, chosen;
    int seen = 0;
    CPU_ZERO(&chosen);
    if (sched_getaffinity(0, sizeof every, &every) != 0 || CPU_COUNT(&every) < 2)
        return;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &every) && (seen++ >= CPU_COUNT(&every) / 2) == second)
            CPU_SET(i, &chosen);
    must(sched_setaffinity(0, sizeof chosen, &chosen) == 0, "sched_setaffinity");
#else
    (void)second;
#endif
}

static double run_transfer(const char *option, double seconds) {
    int ends[2];
    size = atoi(strchr(option, '-') + 1);
    bulk = calloc(1, size);
    make_contexts();
    sockets(strncmp(option, "tcp", 3) == 0, ends);
    pid_t child = fork();
    stay_on_half(child == 0);
    if (child == 0)
        receive_for_ever(ends[1]);
    close(ends[1]);
    stream = SSL_new(client_context);
    SSL_set_fd(stream, ends[0]);
    must(SSL_connect(stream) == 1, "SSL_connect");
    transfer();
    double found = measure(transfer, seconds, CLOCK_MONOTONIC);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return found;
}

/* ---- memory of idle connections: bytes for each */

static double resident(void) {
    long pages, all;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%ld %ld", &all, &pages) == 2) {
        fclose(file);
        return (double)pages * sysconf(_SC_PAGESIZE);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void make_pairs(int count) {
    for (int i = 0; i < count; i++) {
        new_pair();
        shake();
        settle();
    }
}

static double run_idle(const char *option, double seconds) {
    int count = seconds > 0.1 ? atoi(option) : 200;
    make_contexts();
    make_pairs(50);
    double before = resident();
    make_pairs(count);
    return (resident() - before) / (2 * count);
}

/* ---- contexts that trust the system's certificates */

static void trust(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    must(SSL_CTX_load_verify_locations(context, getenv("BENCH_BUNDLE"), NULL) == 1, "bundle");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_free(context);
}

/* ---- two threads, each with its own pair: how many times the rate of one */

typedef struct {
    Pair pair;
    char *message, *wire, *got;
    long times;
} Job;

static Job jobs[2];

static void *bulk_exchange(void *given) {
    Job *job = given;
    for (long i = 0; i < job->times; i++) {
        must(SSL_write(job->pair.client, job->message, size) == size, "SSL_write");
        int count = BIO_read(SSL_get_wbio(job->pair.client), job->wire, 2 * size);
        must(BIO_write(SSL_get_rbio(job->pair.server), job->wire, count) == count, "BIO_write");
        for (int left = size; left > 0;)
            left -= SSL_read(job->pair.server, job->got, size);
    }
    return NULL;
}

static void one_thread(void) {
    jobs[0].times = 1;
    bulk_exchange(&jobs[0]);
}

/* A thread for every so many operations: its start does not count. */
#define SHARE 64

static void two_threads(void) {
    pthread_t other;
    jobs[0].times = jobs[1].times = SHARE;
    must(pthread_create(&other, NULL, bulk_exchange, &jobs[1]) == 0, "pthread_create");
    bulk_exchange(&jobs[0]);
    pthread_join(other, NULL);
}

static double run_threads(const char *option, double seconds) {
    double alone = 1e9, together = 1e9;
    size = atoi(option);
    make_contexts();
    for (int i = 0; i < 2; i++) {
        new_pair();
        shake();
        settle();
        jobs[i].pair = pair;
        jobs[i].message = calloc(1, size);
        jobs[i].got = malloc(size);
        jobs[i].wire = malloc(2 * size);
    }
    for (int i = 0; i < 4; i++) {
        double spent = measure(one_thread, seconds / 4, CLOCK_MONOTONIC);
        alone = spent < alone ? spent : alone;
        spent = measure(two_threads, seconds / 4, CLOCK_MONOTONIC) / SHARE;
        together = spent < together ? spent : together;
    }
    return 2 * alone / together;
}

/* ---- works */

static void (*prepare_handshake(const char *option))(void) {
    make_contexts();
    if (strcmp(option, "resumed") == 0) {
        connected();
        session = SSL_get1_session(pair.client);
    }
    return handshake;
}

static void (*prepare_want(const char *option))(void) {
    if (strcmp(option, "handshake") == 0) {
        make_contexts();
        new_pair();
        wants(pair.client);
        return want_handshake;
    }
    connected();
    return strcmp(option, "recv") == 0 ? want_recv : want_bio_read;
}

static double run(const char *work, const char *option, double seconds) {
    void (*operation)(void);
    if (strcmp(work, "transfer") == 0)
        return run_transfer(option, seconds);
    if (strcmp(work, "idle") == 0)
        return run_idle(option, seconds);
    if (strcmp(work, "threads") == 0)
        return run_threads(option, seconds);
    if (strcmp(work, "memory") == 0) {
        size = atoi(option);
        connected();
        operation = exchange;
    } else if (strcmp(work, "handshake") == 0) {
        operation = prepare_handshake(option);
    } else if (strcmp(work, "want") == 0) {
        operation = prepare_want(option);
    } else {
        must(strcmp(work, "trust") == 0, "no such work");
        operation = trust;
    }
    return measure(operation, seconds, CLOCK_THREAD_CPUTIME_ID);
}

int main(int count, char **words) {
    must(count == 5, "plain WORK OPTION SECONDS FOLDER");
    folder = words[4];
    printf("%.9g\n", run(words[1], words[2], atof(words[3])));
    return 0;
}
