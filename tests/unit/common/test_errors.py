from __future__ import annotations

from rapport.errors import Conflict, DomainError, Malformed, NotFound, TooManyRequests, Unauthenticated


class SoldOut(Conflict):
    """Nothing is left."""


class ContactRecalled(Conflict):
    title = "The contact was recalled"


class TestDomainError:
    def test_a_subclass_is_named_after_its_class(self) -> None:
        assert (SoldOut.type, SoldOut.title, SoldOut.status) == ("sold-out", "Sold out", 409)

    def test_a_subclass_may_choose_its_title(self) -> None:
        assert (ContactRecalled.type, ContactRecalled.title) == ("contact-recalled", "The contact was recalled")

    def test_a_subclass_does_not_change_its_parent(self) -> None:
        assert (Conflict.type, NotFound.type, Malformed.type) == ("conflict", "not-found", "validation")

    def test_carries_a_sentence_and_further_members(self) -> None:
        error = SoldOut("the last one went this morning", retry_at=None)
        assert str(error) == error.detail == "the last one went this morning"
        assert error.extra == {"retry_at": None}

    def test_speaks_without_a_sentence(self) -> None:
        assert str(SoldOut()) == "Sold out"

    def test_every_kind_has_a_type_of_its_own(self) -> None:
        def kinds(cls: type[DomainError]) -> list[type[DomainError]]:
            return [cls, *(one for sub in cls.__subclasses__() for one in kinds(sub))]

        ours = [kind for kind in kinds(DomainError) if kind.__module__.startswith("rapport.")]
        assert len({kind.type for kind in ours}) == len(ours) > 10


class TestHeaders:
    def test_challenge_who_is_not_authenticated(self) -> None:
        assert Unauthenticated().headers == {"WWW-Authenticate": "Bearer"}

    def test_tell_when_to_come_back(self) -> None:
        assert TooManyRequests(retry_after=7).headers == {"Retry-After": "7"}
