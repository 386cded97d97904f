"""Particles in scanning electron micrographs: their number, sizes, and the lithium in them."""
