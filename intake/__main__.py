"""`python -m intake` is the `kanal` command."""

from intake.cli import main

if __name__ == "__main__":
    main()
