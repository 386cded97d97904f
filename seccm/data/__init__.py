"""What came of it: the data file, its writer and its reader."""
