"""What the window knows, in plain Python: the views only draw it, and tests need no screen."""
