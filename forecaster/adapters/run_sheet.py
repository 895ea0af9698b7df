"""What MLflow is to show of a run besides its files: plain values, so that they can wait on disk for MLflow."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.polars_dataset import from_polars

from forecaster.adapters.run_metrics import Line, of_children, of_run
from forecaster.domain.ports import RunRecord

TRIED, RETRAINED = "tried", "retrained"
ENVIRONMENT = "env."
"""What tags about a run's surroundings begin with."""

SHOWN = 1000  # rows that the data set's profile is taken from; the digest is of all


@dataclass(frozen=True, slots=True)
class Sheet:
    """Params, metrics, tags and data of a run and of its child runs."""

    vintage_id: str
    tried: bool  # an experiment: no model version
    promoted: bool
    job_id: str | None
    line: Line
    tags: Mapping[str, str]
    children: Mapping[str, Line]  # by name
    child_tags: Mapping[str, str]
    data: Mapping[str, str | None]  # the data set, as MLflow's entity has it
    rows: int  # of the data set
    now_ms: int  # dates the metrics


def sheet_of(record: RunRecord, *, reports: str, now_ms: int) -> Sheet:
    """What is to be shown of a run.

    Args:
        record: the run.
        reports: address of the report table, which the run names as its data.
        now_ms: dates the metrics.
    """
    surroundings = {f"{ENVIRONMENT}{name}": text for name, text in record.environment.items()}
    about = {
        "purpose": TRIED if record.tried else RETRAINED,
        "decision": record.decision.reason,
        "vintage": record.vintage.issue.vintage_id,
    }
    return Sheet(
        vintage_id=record.vintage.issue.vintage_id,
        tried=record.tried,
        promoted=record.decision.promote,
        job_id=record.job_id,
        line=of_run(record),
        tags={**record.tags, **surroundings, **about},
        children=dict(of_children(record)),
        child_tags=record.tags,
        data=_data_set(record, reports=reports),
        rows=record.reports.height,
        now_ms=now_ms,
    )


def sheet_text(sheet: Sheet) -> str:
    """A sheet as JSON."""
    return json.dumps(asdict(sheet))


def sheet_from(text: str) -> Sheet:
    """A sheet that was written as JSON.

    Raises:
        ValueError, KeyError, TypeError: it is no sheet.
    """
    content = json.loads(text)
    children = {name: _line(child) for name, child in content["children"].items()}
    return Sheet(**{**content, "line": _line(content["line"]), "children": children})


def _line(content: Mapping[str, Any]) -> Line:
    return Line([(key, value, step) for key, value, step in content["metrics"]], content["params"])


def _data_set(record: RunRecord, *, reports: str) -> Mapping[str, str | None]:
    shown = record.reports.select("series_id", "basis", "value", "unit").head(SHOWN)
    store, digest = record.tags["report_store_version"], record.tags["reports_digest"]
    data = from_polars(shown, source=DeltaDatasetSource(path=reports), name=f"reports@{store}"[:500], digest=digest)
    told: Mapping[str, str | None] = data._to_mlflow_entity().to_dictionary()
    return told
