"""PostgreSQL is the memory: one module an aggregate, one function a statement, SQL inside it."""
