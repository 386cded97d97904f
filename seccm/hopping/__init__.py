"""Doing it: contact, the hop and the engine."""
