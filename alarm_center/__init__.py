"""The alarm centre: plans checks, decides over findings, raises alarms, sends carers by SMS and serves the pages."""
