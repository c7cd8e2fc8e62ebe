"""The name and version that a detector signs its findings with."""

NAME = "fjarrtillsyn-detector 1"
