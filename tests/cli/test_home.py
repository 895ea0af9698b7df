"""What holds a home folder and looks at its ports, before anything starts."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from forecaster.cli.home import only_one, ports_free
from forecaster.domain.errors import BadSetting, HomeInUse, PortInUse
from forecaster.settings import Settings


def first_free_for_all() -> int:
    """The first port on which any user may listen."""
    told = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    return int(told.read_text()) if told.exists() else 1024


def test_a_home_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with (
        only_one(tmp_path, lock="up"),
        pytest.raises(HomeInUse, match="SECTORCAST_HOME"),
        only_one(tmp_path, lock="up"),
    ):
        pass

    with only_one(tmp_path, lock="up"):
        pass


def test_a_lock_ends_with_a_killed_process(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from forecaster.cli.home import only_one\n"
        "with only_one(Path(sys.argv[1]), lock='worker'): print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(HomeInUse), only_one(tmp_path, lock="worker"):
            pass
        holder.kill()

    with only_one(tmp_path, lock="worker"):
        pass


@pytest.mark.parametrize("taken", ["port", "mlflow_port"])
def test_a_taken_port_is_told_with_the_setting_that_moves_it(taken: str) -> None:
    with socket.socket() as other, socket.socket() as unused:
        other.bind(("127.0.0.1", 0))
        other.listen()
        unused.bind(("127.0.0.1", 0))
        free = unused.getsockname()[1]
        unused.close()
        settings = Settings(**{"port": free, "mlflow_port": free, taken: other.getsockname()[1]})

        with pytest.raises(PortInUse, match=f"SECTORCAST_{taken.upper()}"):
            ports_free(settings, mlflow=True)


def test_both_services_on_one_port_are_refused() -> None:
    with pytest.raises(BadSetting, match="SECTORCAST_MLFLOW_PORT"):
        ports_free(Settings(port=8123, mlflow_port=8123), mlflow=True)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_host_that_is_no_address_of_this_machine_is_not_told_as_a_taken_port(host: str) -> None:
    with pytest.raises(BadSetting, match=f"SECTORCAST_HOST: {host} is no address of this machine"):
        ports_free(Settings(host=host, port=8123), mlflow=False)


PRIVILEGED = """
import os, sys
from forecaster.cli.home import ports_free
from forecaster.settings import Settings
if os.geteuid() == 0:
    os.setuid(65534)
try:
    ports_free(Settings(port=1), mlflow=False)
except Exception as error:
    print(f"{type(error).__name__} {error}")
"""


def test_a_port_for_privileged_users_is_told_as_such() -> None:
    ended = subprocess.run([sys.executable, "-c", PRIVILEGED], capture_output=True, text=True, check=False)

    told = "BadSetting Setting SECTORCAST_PORT: port 1 is only for privileged users (Permission denied). Choose"
    free_for_all = first_free_for_all() <= 1  # as in many a container: then there is nothing to tell
    assert (ended.returncode, ended.stdout.startswith(told)) == (0, not free_for_all)
