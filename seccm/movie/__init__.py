"""Movies of a camera beside the data file: writing, mending and reading them, and their times."""
