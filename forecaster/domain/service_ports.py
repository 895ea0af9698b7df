"""What choosing the vintage in service needs of the world; neither MLflow nor models need be installed for it."""

from contextlib import AbstractContextManager
from typing import Protocol

from forecaster.domain.history import AliasState, Cause, Event
from forecaster.domain.ports import Progress
from forecaster.domain.vintage import Issue


class KeptVintages(Protocol):
    """The vintages that are kept, the one in service, and how it came there."""

    def alone(self, *, waiting: Progress) -> AbstractContextManager[None]:
        """Keep other writers out within the block; tells `waiting` where another has to end first."""

    def issues(self) -> list[Issue]:
        """Every vintage that is kept, newest first."""

    def issue(self, vintage_id: str) -> Issue | None:
        """That of one vintage; None where it is not kept or can't be read."""

    def in_service(self) -> str | None:
        """The id of the vintage in service; None without one."""

    def events(self) -> list[Event]:
        """The whole history, the oldest first."""

    def serve(self, vintage_id: str, *, cause: Cause) -> None:
        """Put a kept vintage in service, after checking its files. Raises UnknownVintage, BrokenVintage."""

    def write_down(self, vintage_id: str, *, cause: Cause) -> Event:
        """Add to the history what did not move service."""

    def know_version(self, vintage_id: str, *, model_version: str) -> None:
        """Keep the model version of a vintage that was issued before its run could be recorded."""

    def alias_state(self) -> AliasState:
        """What is known of MLflow's alias."""

    def set_alias_state(self, state: AliasState) -> None:
        """Keep what is known of MLflow's alias, for whoever looks next."""


class Aliases(Protocol):
    """MLflow's alias `champion` of the registered model."""

    def champion(self) -> str | None:
        """The model version that it names; None if it names none. Raises MlflowFault."""

    def crown(self, model_version: str) -> None:
        """Point it at a model version. Raises MlflowFault."""
