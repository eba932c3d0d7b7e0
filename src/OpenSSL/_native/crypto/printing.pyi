# Everything here is for the native core alone.
