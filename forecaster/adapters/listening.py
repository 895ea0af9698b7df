"""Where the service listens, and what has to guard it there."""

from ipaddress import ip_address

from forecaster.domain.errors import BadSetting


def is_loopback(host: str) -> bool:
    """Whether a host leads to this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False  # a name: where it leads is not ours to guess


def check_host(host: str, *, guarded: bool) -> None:
    """Refuse to listen beyond this machine without keys that guard the service.

    Args:
        host: where it would listen.
        guarded: whether there is a key beside the one made at first start.

    Raises:
        BadSetting: the host is no loopback address, and nothing guards the service.
    """
    if is_loopback(host) or guarded:
        return
    raise BadSetting(
        name="SECTORCAST_HOST",
        what=f"{host} is not loopback, and there are no keys that would guard the service. Make one with"
        " `sectorcast keys add NAME --scopes read`, or set 127.0.0.1, ::1 or localhost.",
    )
