"""Random rules and random documents to try them on, many of the documents broken."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson

from rapport.rules import Attribute, Catalogue, Field, FieldType, Operator
from rapport.rules.catalogue import OPERATORS

CATALOGUE = Catalogue(
    [
        Field("grade", FieldType.STRING, "grade", "等级"),
        Field("birth_date", FieldType.DATE, "birth date", "出生日期"),
        Field("tags", FieldType.SET, "tags", "标签"),
        Field("products", FieldType.SET, "products", "产品", path=("holdings",), item="product"),
        Field("contract_end", FieldType.DATE, "contract end", "合同到期日", path=("holdings",), item="contract_end"),
    ]
).with_attributes(
    [
        Attribute(name="age", type="number"),
        Attribute(name="senior", type="boolean"),
        Attribute(name="emp.var-rate", type="string"),
        Attribute(name="since", type="date"),
    ]
)

TEXTS = [
    *(
        "",
        "a",
        "b",
        "ab",
        "A",
        "aB",
        "Z",
        "z",
        "é",
        "e\u0301",
        "中",
        "中文",
        "%",
        "_",
        "a_b",
        "a%b",
        "\\",
        "\\%",
        "'",
        "''",
    ),
    *('"', '"a"', "😀", "\uffff", "ß", " ", "a\n", "$1", "{v}", "null", "true", "1", "product", "2024-02-29"),
]
NUMBERS = [
    *(0, -0.0, 1, 1.0, -1, 1.5, 0.1, 0.2, 0.1 + 0.2, 0.3, 30, 30.0, 1e-9, 5e-324, -5e-324, 2**31, 2**53 - 1),
    *(float(2**53 - 1), 1 - 2**53, 123456789.123456789, 1e15, 9007199254740990.5),
]
STORED_NUMBERS = [*NUMBERS, 2**53, 2**53 + 1, 2**63, 2**64 - 1, -(2**63), 1e16, 1e23, 1e300, -1e300]
DAYS = [
    *("0001-01-01", "1900-03-01", "2000-02-29", "2023-12-31", "2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"),
    *("2024-03-29", "2024-03-30", "2025-02-28", "9999-12-31"),
]
NO_DAYS = [
    *("0000-01-01", "1900-02-29", "2023-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-10", "2024-1-01"),
    *("20240101", "2024-W01-1", "2024-01-01T00:00:00Z", "2024-02-28\n", " 2024-02-28", "２０２４-02-28", "infinity"),
    *("today", "-2024-02-28", "12024-02-28"),
]
ODD = [None, True, False, [], {}, ["a"], [["a"]], {"a": 1}, {"product": "a"}, [{"product": ["a"]}], [None, "a"]]


NO_VALUE = {Operator.NULL, Operator.NOT_NULL}
LISTS = {Operator.IN, Operator.NOT_IN}
RANGES = {Operator.BETWEEN, Operator.NOT_BETWEEN}


class Maker:
    """Makes rules and documents, from plain chance or from Hypothesis, which can shrink what it chose."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def tree(self, depth: int = 1) -> dict[str, Any]:
        """A group of leaves and groups; seldom an empty one."""
        chance = self._chance
        size = chance.choice([2, 1, 3, 4, 2, 3, 1, 0])
        members = [self.tree(depth + 1) if depth < 4 and chance.randrange(4) == 3 else self.leaf() for _ in range(size)]
        return {"combinator": chance.choice(["and", "or"]), "not": chance.choice([False, True]), "rules": members}

    def leaf(self) -> dict[str, Any]:
        """A leaf that fits the catalogue."""
        field = self._chance.choice(list(CATALOGUE))
        asked = self._chance.choice(OPERATORS[field.type])
        value: Any = self.value(field.type)
        if asked in NO_VALUE:
            value = None
        elif asked in LISTS:
            value = [self.value(field.type) for _ in range(self._chance.randrange(4))]
        elif asked in RANGES:
            value = sorted([value, self.value(field.type)])
        elif "Days" in asked:
            value = self._chance.choice([0, 1, 30, 31, 36500])
        return {"field": field.name, "operator": str(asked), "value": value}

    def value(self, kind: FieldType) -> Any:
        """A value that a rule on such a field may have."""
        if kind is FieldType.NUMBER:
            return self._chance.choice(
                [*NUMBERS, self._chance.randrange(-50, 50), self._chance.randrange(10**6) / 1000]
            )
        if kind is FieldType.BOOLEAN:
            return self._chance.choice([False, True])
        return self._chance.choice(DAYS) if kind is FieldType.DATE else self.text()

    def text(self) -> str:
        """Now and then one that nothing else has."""
        either = self._chance.choice(TEXTS) + self._chance.choice(TEXTS)
        return self._chance.choice(["a", "b", self._chance.choice(TEXTS), either])

    def document(self) -> Any:
        """A document as a JSON parser gives it."""
        doc = self._object(
            {
                "grade": self.text(),
                "birth_date": self._day(),
                "tags": self._wrong_at_times(
                    [self._wrong_at_times(self.text()) for _ in range(self._chance.randrange(4))]
                ),
                "holdings": [self._wrong_at_times(self._holding()) for _ in range(self._chance.randrange(4))],
                "attributes": self._object(
                    {
                        "age": self._chance.choice([*STORED_NUMBERS, *range(-5, 35)]),
                        "senior": self._chance.choice([False, True]),
                        "emp.var-rate": self.text(),
                        "since": self._day(),
                    }
                ),
            }
        )
        return orjson.loads(orjson.dumps(doc))

    def anything(self, depth: int = 1) -> Any:
        """Any JSON."""
        if depth < 3 and self._chance.randrange(3) == 2:
            members = [self.anything(depth + 1) for _ in range(self._chance.randrange(3))]
            names = ["product", "age", "contract_end"]
            return self._chance.choice([members, dict(zip(names, members, strict=False))])
        return self._chance.choice([None, False, True, 0, 1, self.text(), self._day(), *STORED_NUMBERS[:4]])

    def _holding(self) -> dict[str, Any]:
        return self._object({"product": self.text(), "contract_end": self._day()})

    def _day(self) -> str:
        return self._chance.choice([*DAYS, *DAYS, *NO_DAYS])

    def _object(self, members: dict[str, Any]) -> dict[str, Any]:
        return {name: self._wrong_at_times(value) for name, value in members.items() if self._chance.randrange(8) < 7}

    def _wrong_at_times(self, value: Any) -> Any:
        return self.anything() if self._chance.randrange(8) == 7 else value
