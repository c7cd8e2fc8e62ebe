"""What several kinds of tests share: real servers, free ports and waiting for a condition."""
