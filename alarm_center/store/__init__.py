"""SQL of the alarm centre: one module an aggregate, one function a statement, typed values out."""
