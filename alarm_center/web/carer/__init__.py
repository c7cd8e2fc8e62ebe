"""Pages for carers: the link in the SMS."""
