"""Commissioning: what a rig's noise, signs, gains and stray capacitance are, before a scan."""
