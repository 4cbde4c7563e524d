"""``python -m pinplan``."""

from pinplan.cli import main

if __name__ == "__main__":
    main()
