"""The command line: an adapter over the face, which nothing else imports."""
