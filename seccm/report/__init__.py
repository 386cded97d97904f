"""What to show: figures and one page for each scan."""
