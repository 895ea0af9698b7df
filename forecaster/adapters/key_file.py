"""API keys in a file of the home folder: hashes only, read anew whenever the file changes."""

import fcntl
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson

from forecaster.domain.errors import BadKeyFile, BadParameter, UnknownKey
from forecaster.domain.keys import SCOPES, Key, check_scopes, digest, recognise

PREFIX = "sectorcast_"  # so that scanners of code and logs can tell what leaked
FIRST = "api-key"  # the name of the key made at first start, and of its file
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")

Version = tuple[int, int, int] | None


class KeyFile:
    """Keys with their scopes, beside the one made at first start.

    Args:
        file: holds names, scopes and hashes; it need not exist.
        first: holds the key made at first start in clear, for its owner alone; it need not exist.
    """

    def __init__(self, file: Path, *, first: Path) -> None:
        self._file, self._first = file, first
        self._paths = str(file), str(first)  # looked at for each request: a Path takes as long as the look
        self._read: tuple[tuple[Version, Version], tuple[Key, ...]] | None = None

    @property
    def configured(self) -> bool:
        """Whether there is a key beside the one made at first start."""
        return any(key.name != FIRST for key in self.known())

    def known(self) -> tuple[Key, ...]:
        """All keys, that of the first start first.

        Raises:
            BadKeyFile: the file is there and can't be read.
        """
        versions = _version(self._paths[0]), _version(self._paths[1])
        read = self._read  # one look: another thread may replace it
        if read is None or read[0] != versions:
            read = versions, (*_first_key(self._first), *_kept(self._file))
            self._read = read
        return read[1]

    def find(self, secret: str) -> Key | None:
        """The key that was presented; None where it is none of these."""
        return recognise(secret, among=self.known())

    def add(self, name: str, *, scopes: tuple[str, ...], now: datetime) -> str:
        """Make a key and keep its hash. Returns the key, which nothing shows again.

        Raises:
            BadParameter: the name is taken or has other signs, or a scope does not exist.
        """
        if not NAME.fullmatch(name):
            raise BadParameter(name="name", what=f"{name!r}: use lower-case letters, digits, dots and hyphens.")
        chosen, secret = check_scopes(scopes), PREFIX + secrets.token_urlsafe(32)
        with self._alone():
            if name in {key.name for key in self.known()} | {FIRST}:
                raise BadParameter(name="name", what=f"a key is called {name!r} already; revoke it or choose another.")
            _write(self._file, [*_kept(self._file), Key(name, chosen, digest(secret), now)])
        return secret

    def revoke(self, name: str) -> None:
        """Forget a key: from now on it opens nothing, without a restart.

        Raises:
            UnknownKey: none is called so.
        """
        with self._alone():
            names = [key.name for key in self.known()]
            if name not in names:
                raise UnknownKey(name, known=names)
            if name == FIRST:
                self._first.unlink()
            else:
                _write(self._file, [key for key in _kept(self._file) if key.name != name])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers out; the lock ends with its process."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def make_first_key(file: Path) -> None:
    """Make the key that changing needs, once and whole; only the owner can read it."""
    if file.exists():
        return
    draft = _draft(file, f"{PREFIX}{secrets.token_urlsafe(32)}\n".encode())
    with suppress(FileExistsError):  # another part was first: its key stays
        os.link(draft, file)
    draft.unlink()


def _version(path: str) -> Version:
    """What changes whenever a file is replaced; None without one."""
    try:
        seen = os.stat(path)  # noqa: PTH116  # see KeyFile
    except FileNotFoundError:
        return None
    return seen.st_ino, seen.st_mtime_ns, seen.st_size


def _first_key(file: Path) -> Iterator[Key]:
    try:
        secret, made = file.read_text().strip(), file.stat().st_mtime
    except FileNotFoundError:
        return
    if not secret:
        raise BadKeyFile(file=str(file), what="it is empty. Remove it; the next start makes another.")
    yield Key(FIRST, SCOPES, digest(secret), datetime.fromtimestamp(made, tz=UTC))


def _kept(file: Path) -> list[Key]:
    try:
        entries = orjson.loads(file.read_bytes())["keys"]
        return [_key(**entry) for entry in entries]
    except FileNotFoundError:
        return []
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, BadParameter) as error:
        raise BadKeyFile(file=str(file), what=f"it is not what `sectorcast keys` writes ({error}).") from error


def _key(*, name: str, scopes: list[str], sha256: str, created_at: str) -> Key:
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(f"{name}: sha256 has 64 hexadecimal digits")
    return Key(name, check_scopes(scopes), sha256, datetime.fromisoformat(created_at))


def _write(file: Path, keys: list[Key]) -> None:
    """Replace the file whole: readers see the old one or the new one."""
    text = orjson.dumps({"keys": keys}, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
    _draft(file, text).replace(file)


def _draft(file: Path, content: bytes) -> Path:
    """A file beside another one, on the disk, for its owner alone from the first byte on."""
    handle, draft = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    return Path(draft)
