"""Pages for carers, opened by the link in an SMS: the case, and the buttons that answer it."""
