"""Makes `python -m seccm` the command line."""

from seccm.cli import main

if __name__ == "__main__":
    main()
