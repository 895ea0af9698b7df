"""What a run computes with: the interpreter, the packages whose versions move numbers, the machine."""

import platform
from collections.abc import Mapping
from importlib.metadata import version

from joblib import cpu_count

PACKAGES = (
    *("polars", "numpy", "scipy", "pandas", "statsforecast", "scikit-learn"),
    *("holidays", "deltalake", "mlflow", "altair"),
)


def environment(*, workers: int | None = None) -> Mapping[str, str]:
    """Named facts of this process's surroundings, none of which names a person or a host.

    Args:
        workers: processes that fit models; by default the cores that this process may use.
    """
    cores = cpu_count()
    machine = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(cores),
        "workers": str(workers or cores),
    }
    return {**machine, **{name: version(name) for name in PACKAGES}}
