# Written by tools/make_stubs.py from bio.pyx.

# Nothing of this module is visible to Python.

