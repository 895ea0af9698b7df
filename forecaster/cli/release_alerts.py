"""What a release gives to hear of; the figures are in store, whatever becomes of this."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from forecaster.cli import output, wiring
from forecaster.domain.errors import AlertsUnreachable

if TYPE_CHECKING:
    from forecaster.releases import Seen, Taken
    from forecaster.settings import Settings

MOST = 20
"""So many figures of a release are alerts of their own; if more are unforeseen, a further alert counts them."""

PATIENCE = 30.0  # seconds: what is not raised now is not raised at all, unless the release is sent again

RELEASE = "release"
"""Note of the latest release: the worker looks at figures when it changes."""


def tell_of_release(settings: "Settings", taken: "Taken", *, now: datetime) -> None:
    """Raise what is far outside the forecast in service or else doubtful, and let the worker look at what came."""
    from forecaster.domain.alert_facts import data_anomaly, doubtful_figures, many_anomalies

    outside = [one for file in taken.files for one in file.unforeseen]
    told = [data_anomaly(one, release_id=taken.release_id, now=now) for one in outside[:MOST]]
    if len(outside) > MOST:
        told.append(many_anomalies(len(outside), release_id=taken.release_id, now=now))
    doubts = {place: what for file in taken.files for place, what in _other_doubts(file)}
    if doubts:
        told.append(doubtful_figures(doubts, release_id=taken.release_id, now=now))
    try:
        with wiring.alerts(settings, patience=PATIENCE) as alerts:
            for one in told:
                alerts.raise_alert(one, now=now)
            if taken.changed:
                alerts.note(RELEASE, told={"release_id": taken.release_id}, now=now)
    except AlertsUnreachable as error:
        output.progress(f"{error} The release is stored; {len(told)} alerts about it were not raised.")


def _other_doubts(file: "Seen") -> Iterator[tuple[str, str]]:
    """Place and text of a file's warnings, without mild ones and without lines told of as outside the forecast."""
    told = {one.line for one in file.unforeseen}
    others = (one for one in file.warnings if not one.mild and one.line not in told)
    yield from ((f"{PurePath(file.file).name}, line {one.line}", one.what) for one in others)
