"""What the service needs of the published vintages."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from forecaster.adapters.open_vintage import OpenVintage
from forecaster.domain.errors import BrokenVintage
from forecaster.domain.vintage import Issue


class ServedVintages(Protocol):
    """Vintages to read from; all that the service knows of how they are kept."""

    def current(self) -> OpenVintage:
        """The vintage in service, or an earlier one where its files are damaged.

        Raises:
            NothingPublished: none is in service.
            BrokenVintage: none that is or was is sound.
        """

    def unmoved(self) -> OpenVintage | None:
        """The same if it takes no more than a look; else None."""

    def broken(self) -> BrokenVintage | None:
        """Why an earlier vintage is served instead of the one in service, as `current` found it last."""

    def find(self, vintage_id: str) -> OpenVintage:
        """A vintage by its id. Raises UnknownVintage."""

    def in_service_at(self, instant: datetime) -> OpenVintage:
        """The vintage that was in service at an instant. Raises NoVintageThen."""

    def issues(self) -> list[Issue]:
        """Every vintage that is kept, the latest first."""

    def published(self) -> list[Issue]:
        """Those of them that are or were in service."""

    def opened(self, issues: Iterable[Issue]) -> list[OpenVintage]:
        """Vintages to look back at, but for broken ones."""
