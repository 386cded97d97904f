"""Digital piezo controllers of PI."""
