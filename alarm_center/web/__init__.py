"""Web pages of the alarm centre, for operators, carers, staff and the demo, with the providers' webhooks."""
