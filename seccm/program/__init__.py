"""Programmes: kinds of steps, the tree of steps that a plan makes of them, and the walk over it."""
