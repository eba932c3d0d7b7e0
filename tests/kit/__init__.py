"""Parts that tests are built from: a certificate authority, an in-memory pump, real peers."""
