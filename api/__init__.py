"""The HTTP service: it reads published vintages and nothing else."""
