"""``python -m iman``: the command ``iman``."""

from iman.cli import main

if __name__ == "__main__":
    main()
