"""A virtual controller on a serial port, byte by byte, that moves the stage of the virtual rig."""
