"""`python -m app.cli` is `eac`."""

from app.cli import main

main()
