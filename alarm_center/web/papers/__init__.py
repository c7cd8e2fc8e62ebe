"""What is printed: an incident's list, and the reserve list that a town can drive by without us."""
