"""What ``OpenSSL.SSL`` stands on."""
