"""Drivers for real rigs, each imported only when a rig file asks for it."""
