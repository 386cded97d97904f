"""A stand-in for what lies under PalmSens' Python package: .NET, and PalmSens' own library in it.

`pypalmsens` is real; `pythonnet`, `clr`, `System` and `PalmSens` are not. What the stand-in does is
what the package's source asks of them, and no more is known of the device: see docs/hardware.md.
"""
