"""Client of the service, for notebooks and other services.

    from forecaster.client import Client

    with Client("http://127.0.0.1:8000") as client:
        client.forecast("ev.production.CN", horizon=12)  # a Polars frame

`AsyncClient` has the same methods, to be awaited. Both carry the same conversations
(`requests.py`), which know no network.
"""

from forecaster.client.clients import AsyncClient, Client
from forecaster.client.conversations import Batch

__all__ = ["AsyncClient", "Batch", "Client"]
