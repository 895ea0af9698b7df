"""The shapes of models: what is asked and what is answered."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.job_schemas import Asked
from api.schemas import Shape
from forecaster.domain.history import AliasState, Event
from forecaster.promoting import Changed, Model

REASON = Field("", max_length=1000, description="for the history")


class PromotionIn(Asked):
    """What is to be in service."""

    model: str = Field(min_length=1, max_length=200, description="id of a kept vintage, or version of its model")
    reason: str = REASON


class RollbackIn(Asked):
    """What was in service before and is to be so again."""

    to: str | None = Field(None, min_length=1, max_length=200, description="null: what was there before this one")
    reason: str = REASON


class ModelOut(Shape):
    """A kept vintage, as it stands to service."""

    vintage: str
    model_version: str = Field(description="in MLflow's registry")
    state: Literal["champion", "former", "challenger"]
    in_service_since: datetime | None = Field(description="when it last went into service")
    experiment: str
    run_id: str
    issued_at: datetime
    data_as_of: datetime
    code_version: str
    decision: str = Field(description="of the run that made it")


class AliasOut(Shape):
    """How MLflow's alias `champion` stands to service."""

    settled: str | None = Field(description="the version that it named when last it was set or heeded")
    refused: str | None = Field(description="why the version that it names now is not in service")
    fault: str | None = Field(description="why moves of it can't be seen now")


class ModelsOut(Shape):
    """Models, newest first."""

    items: list[ModelOut]
    next_cursor: str | None
    alias: AliasOut


class EventOut(Shape):
    """What went into service or was refused, and why."""

    at: datetime
    kind: str = Field(description="published, promoted, rolled-back, alias-moved or refused")
    vintage: str | None
    model_version: str | None
    by: str = Field(description="a job, a hand, a key, or MLflow's alias")
    reason: str


class HistoryOut(Shape):
    """The history, newest first."""

    items: list[EventOut]
    next_cursor: str | None


class ChangedOut(Shape):
    """What became of a change of service."""

    vintage: str = Field(description="in service now")
    model_version: str
    previous: str | None = Field(description="in service before; the same where it was there already")
    reason: str
    alias: str | None = Field(description="why MLflow's alias does not show it yet")


def model_body(model: Model) -> dict[str, Any]:
    """A kept vintage as it is answered."""
    names = ("model_version", "experiment", "run_id", "issued_at", "data_as_of", "code_version", "decision")
    told = {name: getattr(model.issue, name) for name in names}
    return {"vintage": model.issue.vintage_id, "state": model.state, "in_service_since": model.since, **told}


def alias_body(alias: AliasState) -> dict[str, Any]:
    """The alias as it is answered."""
    refused = f"version {alias.refused.model_version}: {alias.refused.reason}" if alias.refused else None
    return {"settled": alias.settled, "refused": refused, "fault": alias.fault}


def event_body(event: Event) -> dict[str, Any]:
    """An event as it is answered."""
    cause = event.cause
    return {
        "at": event.at,
        "kind": cause.kind,
        "vintage": event.vintage_id or None,
        "model_version": cause.model_version or None,
        "by": cause.by,
        "reason": cause.reason,
    }


def changed_body(changed: Changed) -> dict[str, Any]:
    """A change as it is answered."""
    told = {name: getattr(changed, name) for name in ("model_version", "previous", "reason", "alias")}
    return {"vintage": changed.vintage_id, **told}
