"""`python -m forecaster` is the command `sectorcast`."""

from forecaster.cli import main

main()
