"""Review of the log of looks: the supervisor's month, the auditor's log and samples, the list for a resident."""
