# Everything here is for the native core alone; the classes of the exceptions it
# raises are in OpenSSL._exceptions.
