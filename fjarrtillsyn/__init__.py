"""The ``fjarrtillsyn`` command, the servers embedded for the demo and tests, and the demo's simulated town."""
