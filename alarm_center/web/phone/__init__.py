"""The demo's phones in the browser."""
