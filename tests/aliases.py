"""MLflow's alias, in memory."""

from forecaster.domain.errors import MlflowFault


class AliasInMemory:
    """An alias that a test moves as a hand would, and that can be out of reach."""

    def __init__(self, version: str | None = None) -> None:
        self.version = version
        self.up = True
        self.crowned: list[str] = []

    def champion(self) -> str | None:
        """The version that it names."""
        self._reach()
        return self.version

    def crown(self, model_version: str) -> None:
        """Point it at a version."""
        self._reach()
        self.version = model_version
        self.crowned.append(model_version)

    def _reach(self) -> None:
        if not self.up:
            raise MlflowFault(address="http://127.0.0.1:1", why="Connection refused")
