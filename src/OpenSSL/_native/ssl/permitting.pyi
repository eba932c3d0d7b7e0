# Written by tools/make_stubs.py from permitting.pyx.

# Nothing of this module is visible to Python.

