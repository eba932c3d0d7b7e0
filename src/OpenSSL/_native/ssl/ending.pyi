# Written by tools/make_stubs.py from ending.pyx.

from OpenSSL._native.ssl.context_choice import ContextChooser

class Ending(ContextChooser):
    """How a connection ends: once, and told alike from then on."""
