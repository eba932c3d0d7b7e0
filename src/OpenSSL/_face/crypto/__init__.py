"""What ``OpenSSL.crypto`` stands on."""
