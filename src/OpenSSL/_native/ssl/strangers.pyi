# Written by tools/make_stubs.py from strangers.pyx.

# Nothing of this module is visible to Python.

