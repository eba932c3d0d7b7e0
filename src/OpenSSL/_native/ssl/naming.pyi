# Written by tools/make_stubs.py from naming.pyx.

# Nothing of this module is visible to Python.

