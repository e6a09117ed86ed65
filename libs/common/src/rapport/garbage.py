"""When Python looks for cycles of garbage: seldom, because a batch or a request makes many objects and few cycles."""

from __future__ import annotations

import gc


def collect_garbage_rarely(alive: int) -> None:
    """From now on look only when `alive` more objects are alive than now.

    What the start-up made is never looked at again. Call it at the end of the start-up.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(alive, 20, 20)
