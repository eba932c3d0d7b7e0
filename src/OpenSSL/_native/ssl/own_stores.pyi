# Written by tools/make_stubs.py from own_stores.pyx.

# Nothing of this module is visible to Python.

