# Written by tools/make_stubs.py from shared_keys.pyx.

# Nothing of this module is visible to Python.

