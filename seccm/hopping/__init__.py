"""Doing it: contact, the hop, the engine and the runner."""
