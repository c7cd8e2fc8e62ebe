"""Pages for staff: the lists to print."""
