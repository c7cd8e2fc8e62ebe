"""Deployment of the service for a town, and the scripts that prepare it."""
