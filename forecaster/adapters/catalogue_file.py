"""The catalogue from a TOML file."""

import tomllib
from pathlib import Path

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.declaration import parse_catalogue
from forecaster.domain.errors import BadCatalogue


def load_catalogue(file: Path) -> Catalogue:
    """The catalogue that a file declares.

    Args:
        file: TOML, UTF-8.

    Raises:
        BadCatalogue: the file can't be read, or contradicts itself.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadCatalogue(where=str(file), what=f"can't be read: {error}.") from error
    return parse_catalogue(data)
