"""How messages travel: found by a folder, proved by a key, sent as JSON and raw arrays."""
