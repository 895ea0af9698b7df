"""What a release of figures that was stored is news of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.derived import bears_on


@dataclass(frozen=True, slots=True)
class Origin:
    """A release that stored reports came with."""

    release_id: str
    ingested_at: datetime
    series_ids: tuple[str, ...]  # of all its reports


@dataclass(frozen=True, slots=True)
class News:
    """A release as those who wait for one are told of it."""

    release_id: str
    at: datetime  # when it was stored
    sectors: tuple[str, ...]  # whose figures changed, sorted

    @classmethod
    def read(cls, told: dict[str, Any]) -> "News":
        """The news of an object of JSON, as `dataclasses.asdict` and then JSON make it."""
        return cls(told["release_id"], datetime.fromisoformat(told["at"]), tuple(told["sectors"]))


def news_of(origins: Iterable[Origin], *, catalogue: Catalogue) -> tuple[News, ...]:
    """What releases are news of: their series' sectors, and those of series that are worked out from them.

    Args:
        origins: the releases, each once.
        catalogue: sectors of the series, and what is worked out from what.
    """
    return tuple(News(one.release_id, one.ingested_at, _sectors(one, catalogue=catalogue)) for one in origins)


def _sectors(origin: Origin, *, catalogue: Catalogue) -> tuple[str, ...]:
    concerned = bears_on(origin.series_ids, catalogue=catalogue)
    return tuple(sorted({catalogue.series[one].sector for one in concerned if one in catalogue.series}))
