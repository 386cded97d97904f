"""What to do: plans as frozen data, checked before anything moves."""
