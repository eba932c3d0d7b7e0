# How names match unless it was chosen otherwise.
cdef unsigned int HOSTFLAGS
