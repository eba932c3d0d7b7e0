# Written by tools/make_stubs.py from hello_bytes.pyx.

# Nothing of this module is visible to Python.

