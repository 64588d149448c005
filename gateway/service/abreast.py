"""Works that go side by side, each to its end.

Where one of them fails, asyncio.gather raises at once and leaves the others running behind its
caller, who begins again and meets them: two of a kind then do the same work twice.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def abreast(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run works side by side, and return when the last of them has ended.

    Whoever is cancelled meanwhile cancels all of them.

    Args:
        works: Nothing of them has run yet.

    Returns:
        What each returned, in the order of the works.

    Raises:
        next: What the first work in that order raised; the others went to their ends.
    """
    ended = await asyncio.gather(*works, return_exceptions=True)
    done = [each for each in ended if not isinstance(each, BaseException)]
    if len(done) < len(ended):
        raise next(each for each in ended if isinstance(each, BaseException))
    return done
