"""What is made ready ahead of the night: the checks that are owed, who has the shifts, what does not agree, the reserve lists."""
