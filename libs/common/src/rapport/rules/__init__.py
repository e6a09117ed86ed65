"""The rules language: one typed tree; its Python predicate, its SQL and its words; and the catalogue of fields.

`rapport.rules.sql` is not imported here: only those who query need SQLAlchemy, which takes long to import.
"""

from rapport.rules.catalogue import Attribute, Catalogue, Choice, Field, FieldType, Language
from rapport.rules.explain import FailedLeaf, explain
from rapport.rules.fields import CUSTOMER
from rapport.rules.predicate import Predicate, compile_predicate
from rapport.rules.text import render
from rapport.rules.tree import Group, InvalidRule, Operator, Rule

__all__ = [
    "CUSTOMER",
    "Attribute",
    "Catalogue",
    "Choice",
    "FailedLeaf",
    "Field",
    "FieldType",
    "Group",
    "InvalidRule",
    "Language",
    "Operator",
    "Predicate",
    "Rule",
    "compile_predicate",
    "explain",
    "render",
]
