"""The operator's pages: the board, the night, and the page of one case."""
