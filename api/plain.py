"""Names in addresses that end before a verb, so that `/jobs/{id}` is not taken for `/jobs/{id}:cancel`."""

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


class JobName(Plain):
    """The id of a job: one that a schedule fired ends in its due time, which has colons, and none in a verb."""

    regex = "[^/]+(?<!:cancel)"


def install_plain() -> None:
    """Let `{name:plain}` and `{job_id:job}` stand in addresses."""
    register_url_convertor("plain", Plain())
    register_url_convertor("job", JobName())
