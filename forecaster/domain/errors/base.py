"""The roots of the tree."""


class ForecasterError(Exception):
    """Base of every error raised on purpose."""


class BadInput(ForecasterError):
    """The caller can mend it."""
