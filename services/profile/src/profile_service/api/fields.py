"""The field catalogue of the rules language."""

from __future__ import annotations

from typing import Annotated

from profile_service.schemas import RuleField, RuleFields
from rapport.auth import Principal, requires
from rapport.rules import CUSTOMER
from rapport.web import Router

router = Router(tags=["fields"])

_CATALOGUE = RuleFields(items=[RuleField.model_validate(field) for field in CUSTOMER.described()])


@router.get("/fields", summary="List what rules may ask of a customer", response_model=RuleFields)
async def list_fields(_caller: Annotated[Principal, requires("profile.fields")]) -> RuleFields:
    """Names, types, operators, and labels in both languages, as a rule editor needs them."""
    return _CATALOGUE
