"""Pages for operators: the board, one case with its pictures, and a manual alarm."""
