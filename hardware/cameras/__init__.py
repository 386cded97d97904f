"""Cameras: any that Micro-Manager drives, and those of Basler."""
