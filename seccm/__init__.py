"""Hopping-mode control for scanning electrochemical cell microscopy (SECCM)."""
