"""Planners that come with the program: they choose the next site by what was measured."""
