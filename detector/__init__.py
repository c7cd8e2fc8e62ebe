"""Session in, finding out: says whether the right people are seen in the right place."""
