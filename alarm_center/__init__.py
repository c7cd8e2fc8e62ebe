"""The account of the night: checks owed, alarms, the people who are sent, and the web they work in."""
