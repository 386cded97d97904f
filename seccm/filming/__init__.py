"""Filming a run: a camera in a process of its own, and the movie that it leaves."""
