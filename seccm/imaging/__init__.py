"""What images say: particles in electron micrographs, footprints and growth in camera frames.

Everything here calculates from arrays; files are read by the modules that say so.
"""
