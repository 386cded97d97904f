"""Constants of nature (CODATA); the simulator has its own, as it compiles what it uses."""

from __future__ import annotations

FARADAY = 96485.33212
"""Charge of one mole of electrons in C/mol."""
GAS = 8.314462618
"""Molar gas constant in J/(mol K)."""
