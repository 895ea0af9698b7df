"""What an address of MLflow says of itself."""

from urllib.parse import urlsplit, urlunsplit


def is_server(address: str) -> bool:
    """Whether it names a server that runs elsewhere, not a database."""
    return address.startswith(("http://", "https://"))


def without_user(address: str) -> str:
    """A server's address without user, password and last slash: to be told to whoever reads, and to be asked."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")
