"""Stages behind a serial port, spoken to line by line: slow hopping without analog outputs."""
