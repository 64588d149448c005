"""What is said instead of a content that retention erased."""

from datetime import UTC, datetime

from gateway.errors import DataError
from gateway.rows import MessageRow

_MS_PER_S = 1000


class ContentErasedError(DataError):
    """The content is gone under retention; the log still proves that the message was exchanged."""

    default_code = "content_erased"


def erased_day(row: MessageRow) -> str | None:
    """Return the day on which retention erased a content, None while it did not.

    Args:
        row: The message.
    """
    if row.erased_ms is None:
        return None
    return datetime.fromtimestamp(row.erased_ms // _MS_PER_S, tz=UTC).date().isoformat()


def erased_sentence(row: MessageRow) -> str | None:
    """Return what an officer is told of an erased content, None if it was not erased.

    Args:
        row: The message.
    """
    day = erased_day(row)
    return None if day is None else f"content erased under retention on {day}"


def refuse_erased(row: MessageRow) -> None:
    """Refuse to show a content that retention erased.

    Args:
        row: The message.

    Raises:
        ContentErasedError: It was.
    """
    sentence = erased_sentence(row)
    if sentence is not None:
        raise ContentErasedError(sentence, hint=f"what is proven of it stays: a35 show {row.mid}")
