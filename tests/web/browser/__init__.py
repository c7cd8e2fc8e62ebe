"""Pages in a real browser: what people see and press."""
