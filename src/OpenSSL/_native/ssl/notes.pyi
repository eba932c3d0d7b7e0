# Written by tools/make_stubs.py from notes.pyx.

# Nothing of this module is visible to Python.

