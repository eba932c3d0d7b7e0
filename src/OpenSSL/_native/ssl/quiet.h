/* Want-states without frames.
 *
 * "Not yet" is the most frequent outcome in real programs, and the frames that
 * Cython adds to a traceback cost more than all the rest of such a call.  So a
 * quiet method returns a sign, which is the exception's class itself, and the
 * exception is made here, one step before the interpreter sees it.
 */
#ifndef BRISKTLS_QUIET_H
#define BRISKTLS_QUIET_H

#include <Python.h>

/* No method of ours returns a class but as a sign. */
static inline PyObject *brisk_answer(PyObject *result)
{
    if (result != NULL && PyType_Check(result)) {
        PyErr_SetNone(result);
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

/* Put `outer` before the method `name`; -1 with an exception when that cannot be. */
static inline int brisk_wrap(
    PyObject *type, const char *name, int flags, PyCFunction outer, PyCFunction *inner)
{
    PyMethodDef *method;
    PyObject *found = PyObject_GetAttrString(type, name);
    if (found == NULL)
        return -1;
    if (!Py_IS_TYPE(found, &PyMethodDescr_Type)
            || ((PyMethodDescrObject *)found)->d_method->ml_flags != flags) {
        PyErr_Format(PyExc_SystemError, "%s is not called as expected", name);
        Py_DECREF(found);
        return -1;
    }
    /* The definition lives as long as the module's code does. */
    method = ((PyMethodDescrObject *)found)->d_method;
    Py_DECREF(found);
    *inner = method->ml_meth;
    method->ml_meth = outer;
    return 0;
}

/* Give `type` a method of its base as its own: the interpreter then sees at one
 * glance that an instance may have it, in place of walking down all the bases. */
static inline int brisk_own(PyObject *type, PyObject *base, const char *name)
{
    int result = -1;
    PyObject *own = NULL;
    PyObject *found = PyObject_GetAttrString(base, name);
    if (found != NULL && Py_IS_TYPE(found, &PyMethodDescr_Type))
        own = PyDescr_NewMethod(
            (PyTypeObject *)type, ((PyMethodDescrObject *)found)->d_method);
    else if (found != NULL)
        PyErr_Format(PyExc_SystemError, "%s is not a method", name);
    if (own != NULL)
        result = PyObject_SetAttrString(type, name, own);
    Py_XDECREF(own);
    Py_XDECREF(found);
    return result;
}

/* brisk_quiet_NAME(type) wraps a method. */
#define BRISK_QUIET(NAME)                                                            \
    static PyCFunction brisk_inner_##NAME;                                           \
    static PyObject *brisk_outer_##NAME(                                             \
        PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)    \
    {                                                                                \
        return brisk_answer(((PyCFunctionFastWithKeywords)(void (*)(void))           \
            brisk_inner_##NAME)(self, args, count, names));                          \
    }                                                                                \
    static int brisk_quiet_##NAME(PyObject *type)                                    \
    {                                                                                \
        return brisk_wrap(type, #NAME, METH_FASTCALL | METH_KEYWORDS,                \
            (PyCFunction)(void (*)(void))brisk_outer_##NAME, &brisk_inner_##NAME);   \
    }

#if PY_VERSION_HEX < 0x030D0000 && !defined(PyCFunctionFastWithKeywords)
#define PyCFunctionFastWithKeywords _PyCFunctionFastWithKeywords
#endif

#endif
