"""One vendor each, behind the ports of `forecaster.domain.ports`."""
