"""A virtual potentiostat with a programme of its own, connected to the cell of a virtual world."""
