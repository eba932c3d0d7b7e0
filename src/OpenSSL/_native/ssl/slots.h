/* What lies in the slots of a Python class, without looking the names up each time.
 *
 * Theory.  A class with __slots__ keeps each value at a place of its instances that its member
 * descriptor knows, and that subclasses keep.  So the place is asked for once, by name, and
 * read from then on, as the descriptor does.  Whoever reads has made sure of the type.
 */
#ifndef BRISKTLS_SLOTS_H
#define BRISKTLS_SLOTS_H

#include <Python.h>
#include <structmember.h>

/* Where the slot is; NULL with an exception where the name is no slot of the class, which keeps it. */
static PyMemberDef *brisk_slot_of(PyObject *type, const char *name)
{
    PyObject *member = PyObject_GetAttrString(type, name);
    PyMemberDef *place = NULL;
    if (member == NULL)
        return NULL;
    if (Py_TYPE(member) == &PyMemberDescr_Type
        && PyType_IsSubtype((PyTypeObject *)type, ((PyDescrObject *)member)->d_type)
        && ((PyMemberDescrObject *)member)->d_member->type == T_OBJECT_EX)
        place = ((PyMemberDescrObject *)member)->d_member;
    else
        PyErr_Format(PyExc_TypeError, "%s is no slot", name);
    Py_DECREF(member);
    return place;
}

/* What is there, to be compared and nothing else; NULL while it is empty. */
static inline void *brisk_in_slot(PyObject *object, PyMemberDef *place)
{
    PyObject **slot = (PyObject **)((char *)object + place->offset);
#ifdef Py_GIL_DISABLED
    return __atomic_load_n(slot, __ATOMIC_RELAXED);
#else
    return *slot;
#endif
}

/* A reference to it; NULL with an exception while it is empty. */
static inline PyObject *brisk_held_in(PyObject *object, PyMemberDef *place)
{
#ifdef Py_GIL_DISABLED
    /* Another thread may put something else there meanwhile. */
    return PyMember_GetOne((const char *)object, place);
#else
    PyObject *held = *(PyObject **)((char *)object + place->offset);
    if (held == NULL)
        PyErr_SetString(PyExc_ValueError, "this transport was never initialised");
    return Py_XNewRef(held);
#endif
}

#endif
