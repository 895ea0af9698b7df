"""MLflow's alias `champion` by MLflow's own client, where that is loaded anyway: it needs no server."""

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from forecaster.adapters.mlflow_alias import CHAMPION, MISSING, MODEL
from forecaster.adapters.mlflow_client import quiet_client
from forecaster.adapters.mlflow_faults import reaching
from forecaster.adapters.mlflow_reach import check_answers
from forecaster.domain.errors import MlflowFault


class MlflowClientAlias:
    """The alias as MLflow has it; implements `service_ports.Aliases`."""

    def __init__(self, address: str) -> None:
        self._address = address

    def champion(self) -> str | None:
        """The model version that it names; None if it names none.

        Raises:
            MlflowFault: MLflow can't be reached, or fails.
        """
        client = self._client()
        with reaching(self._address):
            try:
                return str(client.get_model_version_by_alias(MODEL, CHAMPION).version)
            except MlflowException as error:
                if error.error_code not in MISSING:
                    raise
                return None

    def crown(self, model_version: str) -> None:
        """Point it at a model version.

        Raises:
            MlflowFault: as `champion`, or there is no such version.
        """
        client = self._client()
        with reaching(self._address):
            try:
                client.set_registered_model_alias(MODEL, CHAMPION, model_version)
            except MlflowException as error:
                if error.error_code not in MISSING:
                    raise
                raise MlflowFault(address=self._address, why=str(error)) from error

    def _client(self) -> MlflowClient:
        check_answers(self._address)
        with reaching(self._address):
            return quiet_client(self._address)
