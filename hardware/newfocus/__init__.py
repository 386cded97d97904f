"""Coarse motors of New Focus."""
