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

/* Where the slot is; -1 with an exception where the name is no slot of the class. */
static Py_ssize_t brisk_slot_of(PyObject *type, const char *name)
{
    PyObject *member = PyObject_GetAttrString(type, name);
    Py_ssize_t place = -1;
    if (member == NULL)
        return -1;
    if (Py_TYPE(member) == &PyMemberDescr_Type
        && PyType_IsSubtype((PyTypeObject *)type, ((PyDescrObject *)member)->d_type)
        && ((PyMemberDescrObject *)member)->d_member->type == T_OBJECT_EX)
        place = ((PyMemberDescrObject *)member)->d_member->offset;
    else
        PyErr_Format(PyExc_TypeError, "%s is no slot", name);
    Py_DECREF(member);
    return place;
}

/* Borrowed; NULL while it is empty. */
static inline PyObject *brisk_in_slot(PyObject *object, Py_ssize_t place)
{
    return *(PyObject **)((char *)object + place);
}

#endif
