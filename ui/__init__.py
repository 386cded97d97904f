"""The window: a client that polls a running scan."""
