"""Pure decisions about checks, alarms, dispatches and shifts: values in, values out, no I/O and no clock."""
