"""Why a document does not fulfil a rule: the leaves that are to blame, for the reason given to people.

It evaluates leaf by leaf with the same compiler as the predicate, so it cannot disagree with it. The text says what the
rule asks for, never what the document holds: reasons travel further than personal data may.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from rapport.rules.catalogue import Catalogue, Field, Language
from rapport.rules.predicate import Predicate, compile_predicate
from rapport.rules.text import negation, render_group, render_rule
from rapport.rules.tree import Group, Rule


@dataclass(frozen=True, slots=True)
class FailedLeaf:
    """A leaf that is not as the rule wants it: a JSON pointer into the tree, and what is wanted, in words."""

    pointer: str
    text: str


def explain(
    tree: Group, doc: Mapping[str, Any], now: datetime, *, catalogue: Catalogue, language: Language = "en"
) -> list[FailedLeaf]:
    """The leaves to blame, in the order of reading; empty exactly when the document fulfils the tree.

    Of a failed `and` they are the members that fail; of a failed `or` all of them; under `not` the leaves that hold and
    should not. An empty group that fails is named itself.

    Raises:
        InvalidRule: the tree does not fit the catalogue.
    """
    catalogue.check(tree)
    return list(_Blame(doc, now, catalogue, language).of(tree, "", wanted=True))


@dataclass(frozen=True, slots=True)
class _Blame:
    doc: Mapping[str, Any]
    now: datetime
    catalogue: Catalogue
    language: Language

    def of(self, node: Rule | Group, pointer: str, *, wanted: bool) -> Iterator[FailedLeaf]:
        """The leaves because of which the node is not as wanted; none if it is."""
        if self._holds(node) is wanted:
            return
        if isinstance(node, Rule):
            words = render_rule(node, self.catalogue[node.field], self.language)
            yield FailedLeaf(pointer, words if wanted else negation(words, self.language))
        elif not node.rules:
            words = render_group(node, self.catalogue, self.language)
            yield FailedLeaf(pointer, words if wanted else negation(words, self.language))
        else:
            inner = wanted is not node.negated
            for number, member in enumerate(node.rules):
                yield from self.of(member, f"{pointer}/rules/{number}", wanted=inner)

    def _holds(self, node: Rule | Group) -> bool:
        if isinstance(node, Rule):
            return _leaf_predicate(node, self.catalogue[node.field])(self.doc, self.now)
        together = all if node.combinator == "and" else any
        return together(self._holds(member) for member in node.rules) is not node.negated


@lru_cache(maxsize=4096)
def _leaf_predicate(rule: Rule, field: Field) -> Predicate:
    return compile_predicate(Group(combinator="and", rules=(rule,)), Catalogue([field]))
