# Written by tools/make_stubs.py from asn1.pyx.

# Nothing of this module is visible to Python.

