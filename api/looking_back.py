"""Realised accuracy, worked out once for each state of the vintages."""

from collections import OrderedDict
from threading import Lock

import polars as pl

from api.answers import digest_of
from api.served import ServedVintages
from forecaster import monitoring
from forecaster.adapters.open_vintage import OpenVintage
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.vintage import Issue

KEPT = 4  # states of the vintages whose figures stay in memory


class LookingBack:
    """Published forecasts beside what came."""

    def __init__(self, vintages: ServedVintages, *, catalogue: Catalogue) -> None:
        self._vintages, self._catalogue = vintages, catalogue
        self._found: OrderedDict[tuple[str, str], pl.DataFrame] = OrderedDict()
        self._working = Lock()  # a second caller waits for what the first one works out

    def figures(self, current: OpenVintage, issues: list[Issue], *, against: monitoring.Against) -> pl.DataFrame:
        """The FIGURES columns of what was published.

        Args:
            current: knows what came.
            issues: of vintages that are or were in service.
            against: the first print of each figure, or the latest.
        """
        key = (digest_of(current, issues), against)
        with self._working:
            if key not in self._found:
                self._found[key] = monitoring.figures(
                    self._vintages.opened(issues), current=current, catalogue=self._catalogue, against=against
                )
            self._found.move_to_end(key)
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
            return self._found[key]
