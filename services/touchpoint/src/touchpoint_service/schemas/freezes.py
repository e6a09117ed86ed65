"""When a customer is left alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from rapport.contracts.vocabulary import (
    Id,
    SensibleInstant,
)
from rapport.errors import FieldError, Malformed
from touchpoint_service.repository.freezes import FreezeRow
from touchpoint_service.schemas.body import Body, example


class FreezeIn(Body):
    """Nothing is to go to a customer for a while, or until somebody closes the freeze."""

    model_config = example({"customer_id": "c-1001", "note": "Complained by letter, case 4711."})

    freeze_id: Id | None = None
    """Yours, so that asking twice opens one; made here when left out."""
    customer_id: Id
    until: SensibleInstant | None = None
    """Over by itself from then on; left out: only when it is closed."""
    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None

    def to_row(self, freeze_id: str, now: datetime, by: str) -> FreezeRow:
        """As it is opened.

        Raises:
            Malformed: it would be over already.
        """
        if self.until is not None and self.until <= now:
            raise Malformed("the freeze would be over", errors=[FieldError("#/until", "must be later than now")])
        return FreezeRow(freeze_id, self.customer_id, None, None, now, by, self.until, self.note)


class FreezeClosureIn(Body):
    """Why a freeze is closed."""

    model_config = example({"note": "Apologised by letter; case 4711 is closed."})

    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None
