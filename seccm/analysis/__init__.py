"""What the recordings mean: pure functions of arrays, and which of them belongs to which step."""
