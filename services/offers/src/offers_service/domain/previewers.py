"""Programs that open links without anybody reading them: for a preview in a chat, to fill an index, to look for harm.

They say so in `User-Agent`, as far as they are honest. One that claims to be a browser is taken for one.
"""

from __future__ import annotations

import re

_NAMES = (
    *("facebookexternalhit", "facebot", "whatsapp/", "slack-imgproxy", "skypeuripreview", "googlemessages"),
    *("google-inspectiontool", "googleother", "viber/", "line-poker", "kakaotalk-scrap", "embedly", "iframely"),
)
_PREVIEWER = re.compile(
    "|".join(map(re.escape, _NAMES)) + r"|(?<!\bcu)bot\b|crawler|spider|preview\b",  # Cubot makes telephones
    re.IGNORECASE,
)


def is_previewer(user_agent: str) -> bool:
    """Whether this is a program that shows, files or checks links, by its `User-Agent`."""
    return _PREVIEWER.search(user_agent) is not None
