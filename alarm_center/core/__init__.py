"""Pure decisions about checks, alarms, dispatches, shifts, replies and texts: values in, values out, no I/O, no clock."""
