cdef enum:
    MOST_APPDATA = 0x4000   # bytes of a program's own in a session: a ticket has 64 KiB
