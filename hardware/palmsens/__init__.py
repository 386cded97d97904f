"""Potentiostats of PalmSens, through their own package `pypalmsens`."""
