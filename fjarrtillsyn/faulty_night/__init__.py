"""``fjarrtillsyn night``: many alarms in a town whose provider, replicas and clock fail all night, and the account of what came of them."""
