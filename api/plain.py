"""Names in addresses that end before a colon, so that `/jobs/{id}` is not taken for `/jobs/{id}:cancel`."""

from starlette.convertors import Convertor, register_url_convertor


class Plain(Convertor[str]):
    """A part of an address without a slash and without a colon."""

    regex = "[^/:]+"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


def install_plain() -> None:
    """Let `{name:plain}` stand in addresses."""
    register_url_convertor("plain", Plain())
