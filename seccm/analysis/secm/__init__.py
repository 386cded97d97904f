"""Scanning electrochemical microscopy: what a microelectrode measures near a surface."""
