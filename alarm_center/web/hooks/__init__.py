"""Where providers reach us: each request is signed, or it is nothing."""
