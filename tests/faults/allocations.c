/* Lets one allocation fail, or every one from there on: of libcrypto, of Python, or of
 * the package's own C.
 *
 * Preloaded, so that libcrypto takes its memory from here before it has taken any, and
 * imported as the module `allocations`, which says what is to fail.  One thread only.
 */
#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

enum { NOBODY, CRYPTO, PYTHON, OWN };

static int whose;           /* what is counted, and made to fail */
static long seen, first, last;
static long failed;
static long live;           /* blocks libcrypto holds */
static int taken_over;
static void *frames[48];    /* who asked for the first that failed */
static int depth;

static int fails(int domain)
{
    long number;
    if (domain != whose)
        return 0;
    number = seen++;
    if (number < first || number >= last)
        return 0;
    if (failed++ == 0)
        depth = backtrace(frames, sizeof frames / sizeof *frames);
    return 1;
}

/* The failure that went before is what one wants to know of a crash or a hang. */
static void die(int number)
{
    backtrace_symbols_fd(frames, depth, 2);
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_deaths(void)
{
    static const int deaths[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM };
    for (size_t at = 0; at < sizeof deaths / sizeof *deaths; at++)
        signal(deaths[at], die);
}

/* ---- libcrypto */

static void *crypto_malloc(size_t size, const char *file, int line)
{
    void *block;
    if (fails(CRYPTO))
        return NULL;
    block = __libc_malloc(size);
    if (block != NULL)
        __atomic_add_fetch(&live, 1, __ATOMIC_RELAXED);
    return block;
}

static void crypto_free(void *block, const char *file, int line)
{
    if (block != NULL)
        __atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
    __libc_free(block);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    if (block == NULL)
        return crypto_malloc(size, file, line);
    if (size == 0) {
        crypto_free(block, file, line);
        return NULL;
    }
    if (fails(CRYPTO))
        return NULL;
    return __libc_realloc(block, size);
}

__attribute__((constructor)) static void take_over(void)
{
    unsetenv("LD_PRELOAD");     /* not for the programs that this one starts */
    watch_deaths();
    backtrace(frames, 1);       /* its first call takes memory */
    taken_over = CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
}

/* ---- the package's own C: whatever calls malloc from one of its modules */

static int from_package(void *caller)
{
    Dl_info info;
    return dladdr(caller, &info) && info.dli_fname != NULL
        && strstr(info.dli_fname, "/_native/") != NULL;
}

static int own_fails(void *caller)
{
    return whose == OWN && from_package(caller) && fails(OWN);
}

void *malloc(size_t size)
{
    return own_fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return own_fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return own_fails(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}

/* ---- Python */

static struct {
    PyMemAllocatorDomain domain;
    PyMemAllocatorEx real;
} domains[] = { { PYMEM_DOMAIN_RAW }, { PYMEM_DOMAIN_MEM }, { PYMEM_DOMAIN_OBJ } };

static void *python_malloc(void *real, size_t size)
{
    PyMemAllocatorEx *next = real;
    return fails(PYTHON) ? NULL : next->malloc(next->ctx, size);
}

static void *python_calloc(void *real, size_t count, size_t size)
{
    PyMemAllocatorEx *next = real;
    return fails(PYTHON) ? NULL : next->calloc(next->ctx, count, size);
}

static void *python_realloc(void *real, void *block, size_t size)
{
    PyMemAllocatorEx *next = real;
    return fails(PYTHON) ? NULL : next->realloc(next->ctx, block, size);
}

static void python_free(void *real, void *block)
{
    PyMemAllocatorEx *next = real;
    next->free(next->ctx, block);
}

static void hook_python(void)
{
    for (int at = 0; at < 3; at++) {
        PyMemAllocatorEx ours = {
            &domains[at].real, python_malloc, python_calloc, python_realloc, python_free };
        PyMem_GetAllocator(domains[at].domain, &domains[at].real);
        PyMem_SetAllocator(domains[at].domain, &ours);
    }
}

static void unhook_python(void)
{
    for (int at = 0; at < 3; at++)
        PyMem_SetAllocator(domains[at].domain, &domains[at].real);
}

/* ---- what the tests call */

static PyObject *arm(PyObject *module, PyObject *arguments)
{
    const char *name;
    long from, to;
    if (!PyArg_ParseTuple(arguments, "sll", &name, &from, &to))
        return NULL;
    first = from;
    last = to;
    seen = failed = depth = 0;
    if (strcmp(name, "python") == 0) {
        hook_python();
        whose = PYTHON;
    } else {
        whose = strcmp(name, "crypto") == 0 ? CRYPTO : OWN;
    }
    Py_RETURN_NONE;
}

static PyObject *disarm(PyObject *module, PyObject *unused)
{
    int was = whose;
    whose = NOBODY;
    if (was == PYTHON)
        unhook_python();
    return Py_BuildValue("ll", seen, failed);
}

static PyObject *blocks(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(live);
}

static PyObject *trace(PyObject *module, PyObject *descriptor)
{
    int number = PyObject_AsFileDescriptor(descriptor);
    if (number < 0)
        return NULL;
    backtrace_symbols_fd(frames, depth, number);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "arm", arm, METH_VARARGS, "Let allocations from one number up to another fail." },
    { "disarm", disarm, METH_NOARGS, "How many were asked for, and how many failed." },
    { "blocks", blocks, METH_NOARGS, "How many blocks libcrypto holds." },
    { "trace", trace, METH_O, "Write down who asked for the first that failed." },
    { NULL }
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "allocations", NULL, -1, methods };

PyMODINIT_FUNC PyInit_allocations(void)
{
    if (!taken_over) {
        PyErr_SetString(PyExc_ImportError, "libcrypto has its memory from elsewhere");
        return NULL;
    }
    return PyModule_Create(&definition);
}
