"""The application: routes, problems, headers, documentation, put together from what it is given."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI

from api.auth import NoKeys, ServedKeys, scope
from api.documentation import DESCRIPTION, install_documentation
from api.head import HeadAsGet
from api.headers import SecurityHeaders
from api.problems import install_problems
from api.routes import forecasts, health, observations, page, series
from api.routes import vintages as issued
from api.served import ServedVintages
from forecaster import adapters, charts, domain
from forecaster.domain.catalogue import Catalogue

READING = (series.router, observations.router, forecasts.router, issued.router)
OPEN = (health.router, page.router)  # they show no figure


def create_app(*, vintages: ServedVintages, catalogue: Catalogue, keys: ServedKeys | None = None) -> FastAPI:
    """The HTTP service.

    Args:
        vintages: what is served; it may be empty still, and is looked at anew for each request.
        catalogue: names of sectors, measures, sources and regions.
        keys: who may do what; without any, reading is open and nothing can be changed.
    """
    app = FastAPI(
        title="sectorcast", version=version("sectorcast"), description=DESCRIPTION, docs_url=None, redoc_url=None
    )
    app.state.vintages = vintages
    app.state.catalogue = catalogue
    app.state.keys = keys or NoKeys()
    app.state.revision = _revision(catalogue)
    install_problems(app)
    for router in READING:
        app.include_router(router, dependencies=[scope("read")])
    for router in OPEN:
        app.include_router(router)
    page.mount_files(app)
    install_documentation(app)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    return app


def _revision(catalogue: Catalogue) -> str:
    """Names the code and the catalogue: answers depend on both, so their tags must."""
    digest = hashlib.sha256(repr(catalogue).encode())
    folders = [Path(package.__path__[0]) for package in (adapters, domain)]
    for file in (
        *(file for folder in (Path(__file__).parent, *folders) for file in sorted(folder.rglob("*.py"))),
        Path(charts.__file__),
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()
