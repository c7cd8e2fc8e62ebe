"""Pages on which a town's admin keeps its people."""
