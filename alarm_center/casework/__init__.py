"""Cases, which are checks and alarms: each event is decided and applied under the case's lock, in one transaction."""
