"""The operator's pages, the carer's link and the lists, each by a browser's requests to the running application."""
