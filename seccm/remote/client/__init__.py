"""The side that follows a run and steers it."""
