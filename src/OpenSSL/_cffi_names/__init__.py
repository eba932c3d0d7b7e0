"""pyOpenSSL's private names, answered by public methods, for programs that use them.

There is no cffi under this package.  What programs are known to reach for stands
in tables here, one topic a file; everything else is an AttributeError that names
the public method to use.  A "pointer" is simply the object it belongs to.
"""
