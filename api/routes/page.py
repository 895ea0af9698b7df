"""The page and the documentation: files of this package, nothing from elsewhere."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from api.queries import NoQuery
from forecaster.charts import SCRIPTS

FOLDER = Path(__file__).parent.parent / "page"
REVALIDATED = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


@router.get("/")
def page(query: Annotated[NoQuery, Query()]) -> FileResponse:  # noqa: ARG001  # it refuses parameters
    """The page."""
    return FileResponse(FOLDER / "index.html", headers=REVALIDATED)


@router.get("/operate")
def operate(query: Annotated[NoQuery, Query()]) -> FileResponse:  # noqa: ARG001  # it refuses parameters
    """The operating view: schedules and jobs."""
    return FileResponse(FOLDER / "operate.html", headers=REVALIDATED)


@router.get("/docs")
def docs() -> FileResponse:
    """Every address, to try out; Swagger UI adds parameters of its own."""
    return FileResponse(FOLDER / "docs.html", headers=REVALIDATED)


def mount_files(app: FastAPI) -> None:
    """Serve the files that the page and the documentation load."""
    app.mount("/static/vega", StaticFiles(directory=SCRIPTS), name="vega")
    app.mount("/static", StaticFiles(directory=FOLDER), name="static")
