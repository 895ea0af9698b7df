"""The worker's watch over what should be heard of: a thread that notices and sends, one that looks at figures."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from forecaster.cli import output, wiring
from forecaster.cli.mending import train_anew
from forecaster.cli.release_alerts import RELEASE
from forecaster.domain.errors import BrokenVintage, NothingPublished
from forecaster.settings import Settings

if TYPE_CHECKING:
    from forecaster.adapters.alert_store import AlertStore

SECONDS = 15.0
"""Between two looks of either thread."""

HOUR = 3600.0
LOOK_SECONDS = 1800.0  # a look at figures that takes longer is ended
REST_SECONDS = 300.0  # after a look that failed: it takes seconds of CPU, and may fail for long
LATEST = 50  # jobs and moves of service that are looked at

CHECK = [sys.executable, "-m", "forecaster", "alerts", "check", "--changed"]
"""Looks at figures in a process of its own: it takes the memory of a panel, which the worker would keep."""


@contextmanager
def alerts_watched(settings: Settings, *, seconds: float = SECONDS) -> Iterator[None]:
    """Notice, send and have figures looked at every so many seconds until the block ends.

    Raises:
        BadSetting: a webhook that can't be used.
    """
    ended = Event()
    wiring.webhooks(settings)  # what can't be used is told before anything starts

    def pause() -> bool:
        return ended.wait(seconds)

    for name, look in (("notices", _Notices(settings)), ("figures", _Figures(settings))):
        Thread(target=_repeat, args=(look,), kwargs={"pause": pause}, name=f"alerts: {name}", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _repeat(look: Callable[[], None], *, pause: Callable[[], bool]) -> None:
    told = ""
    while True:
        try:
            look()
            told = ""
        except Exception as error:  # noqa: BLE001  # jobs go on; what is wrong is told once, and looked at again
            if str(error) != told:
                _say(f"{type(error).__name__}: {error}")
            told = str(error)
        if pause():
            return


@dataclass
class _Notices:
    """Failed jobs, moves of service, little room and damage, which is mended; and what is to be sent."""

    settings: Settings
    told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.vintages = wiring.vintages(self.settings)  # kept open: what nobody touched is not checked again
        self.mended: set[str] = set()  # damaged vintages for which a job was asked for

    def __call__(self) -> None:
        with wiring.alerts(self.settings) as alerts:
            try:
                self._notice(alerts)
            finally:  # also while jobs can't be reached
                _deliver(self.settings, alerts)

    def _notice(self, alerts: "AlertStore") -> None:
        from forecaster.adapters.room import free_bytes, size_of
        from forecaster.noticing import notice, notice_room

        settings, now = self.settings, wiring.now()
        kept = wiring.kept(settings)
        vintage = size_of(settings.vintages_folder / (kept.in_service() or "none"))
        place, floor = str(settings.root), settings.disk_floor_bytes
        notice_room(alerts, place=place, free=free_bytes(settings.root), vintage=vintage, floor=floor, now=now)
        self._notice_damage(alerts)
        jobs = wiring.last_jobs(settings, limit=LATEST)
        notice(alerts, jobs=jobs, events=kept.events()[-LATEST:], told=self.told, now=now)

    def _notice_damage(self, alerts: "AlertStore") -> None:
        """Damage is told, and mended by one job: whether another would help if that one fails, a person decides."""
        from forecaster.noticing import notice_damage

        try:
            serving, broken = self.vintages.current().issue.vintage_id, self.vintages.broken()
        except NothingPublished:
            return
        except BrokenVintage as error:
            serving, broken = None, error
        if broken is not None and broken.vintage_id not in self.mended:
            _say(f"{broken} {train_anew(self.settings)}")
            self.mended.add(broken.vintage_id)
        notice_damage(alerts, broken=broken, serving=serving, now=wiring.now())


def _deliver(settings: Settings, alerts: "AlertStore") -> None:
    from forecaster.adapters.webhook_outbox import WebhookOutbox

    hooks = wiring.webhooks(settings)
    if hooks is not None:
        WebhookOutbox(alerts, webhooks=hooks, clock=wiring.now, progress=_say).deliver()


@dataclass
class _Figures:
    """Has figures looked at when some came, when another vintage serves, and each hour."""

    settings: Settings
    seen: tuple[Mapping[str, Any] | None, str | None] | None = None
    at: float = 0.0
    rests_until: float = 0.0

    def __call__(self) -> None:
        from forecaster.adapters.tether import tethered

        with wiring.alerts(self.settings) as alerts:
            known = (alerts.noted(RELEASE), wiring.kept(self.settings).in_service())
        if monotonic() < self.rests_until or (known == self.seen and monotonic() < self.at + HOUR):
            return
        self.rests_until = monotonic() + REST_SECONDS
        subprocess.run(  # noqa: S603  # the command is this program's own
            tethered(CHECK), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=LOOK_SECONDS, check=True
        )
        self.seen, self.at, self.rests_until = known, monotonic(), 0.0


def _say(line: str) -> None:
    output.progress(f"worker: {line}")
