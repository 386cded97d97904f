"""The built-in ways of coming to a place and leaving it."""
