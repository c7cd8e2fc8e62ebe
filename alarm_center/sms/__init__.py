"""What comes back of an SMS or a call: what became of it at the provider's, and what the carer answered."""
