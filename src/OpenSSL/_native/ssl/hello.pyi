# Written by tools/make_stubs.py from hello.pyx.

# Nothing of this module is visible to Python.

