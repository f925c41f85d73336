"""`python -m gamegen`."""

from gamegen.cli import main

main()
