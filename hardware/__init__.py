"""Drivers for real devices, side by side: a folder for each family."""
