"""A desk to operate from: a page in a real browser, before the real service on a real jobs database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Locator, Page, expect

from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.reachable_jobs import ReachableJobs
from forecaster.domain.errors import UnknownExperiment
from tests.adapters.working import Worker
from tests.page.visits import Visit

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)
KNOWN = ["production", "slow", "patchy", "broken"]

RUN = """
import json, pathlib, sys, time
folder, order = sys.argv[1], json.loads(sys.argv[2])
print("training", *(order["sectors"] or ["everything"]), file=sys.stderr, flush=True)
while order["experiment"] == "slow" and not pathlib.Path(folder, "go").exists():
    time.sleep(0.02)
wrong = [{"model": "auto_arima", "reason": "from 2026-08: 3 observations"}]
failed = [{"series_id": "ev.production.CN", "failed": wrong}]
print(json.dumps({"vintage": "v-1", "decision": "better by 3 %", "run_id": "0f3c2a", "failures": failed}))
"""


def check_desk_experiment(name: str) -> None:
    if name not in KNOWN:
        raise UnknownExperiment(name, known=KNOWN)


@dataclass
class Desk:
    """The service, its jobs database and a page in the browser."""

    url: str
    address: str  # of the jobs database
    door: ReachableJobs
    keys: KeyFile
    visit: Visit
    folder: Path
    secret: str = ""

    @property
    def page(self) -> Page:
        return self.visit.page

    def key(self, *scopes: str) -> str:
        return self.keys.add("-".join(scopes), scopes=scopes, now=NOW)

    def enter(self, secret: str) -> None:
        """Give the page a key, as a person does."""
        self.page.get_by_label("API key").fill(secret)
        self.page.get_by_role("button", name="Use it").click()

    def operate(self) -> "Desk":
        """Open the view with a key that operates."""
        self.secret = self.key("read", "operate")
        self.page.goto(f"{self.url}/operate")
        self.enter(self.secret)
        expect(self.page.get_by_role("heading", name="Schedules")).to_be_visible()
        return self

    def ask(self, path: str) -> Any:
        """What the API answers."""
        return httpx2.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.secret}"}).json()

    def worker(self) -> Worker:
        program = self.folder / "desk_run.py"
        program.write_text(RUN)
        return Worker(self.address, folder=self.folder, program=[str(program)])

    def card(self, name: str) -> Locator:
        return self.page.locator(f"[data-name={name}]")

    def complaints(self) -> list[str]:
        """What went wrong behind the page, but for two things that the browser tells though nothing did.

        It tells of each refusal. And Chromium 156 calls a stream aborted that a script has read to its end if the
        answer says `no-store`: 23 of 24 times, of any server; without `no-store` 0 of 32 times.
        """
        refusal, read = "the server responded with a status of 4", "/events net::ERR_ABORTED"
        return [told for told in self.visit.complaints if refusal not in told and not told.endswith(read)]
