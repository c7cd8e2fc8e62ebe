"""The carer's pages: what the link in the SMS leads to."""
