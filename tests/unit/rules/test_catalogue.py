"""What may be asked of which field, and how a catalogue grows."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rapport.contracts.profile import CustomerUpserted
from rapport.rules import CUSTOMER, Attribute, Catalogue, Choice, Field, FieldType, InvalidRule, Operator
from rapport.rules.catalogue import OPERATORS


def fault(field: str, operator: str, value: Any) -> tuple[str, str] | None:
    raw = {"combinator": "and", "rules": [{"field": field, "operator": operator, "value": value}]}
    try:
        CUSTOMER.parse(raw, "/rule")
    except InvalidRule as error:
        ((pointer, message),) = error.errors
        return pointer.removeprefix("/rule/rules/0"), message
    return None


class TestCheck:
    @pytest.mark.parametrize(
        ("field", "operator", "value"),
        [
            ("grade", "=", "key"),
            ("grade", "in", ["key", "important"]),
            ("grade", "in", []),
            ("grade", "between", ["a", "b"]),
            ("grade", "contains", ""),
            ("attributes.age", ">=", 30),
            ("attributes.age", "between", [30, 30.5]),
            ("attributes.age", "null", None),
            ("attributes.age", "notNull", ""),
            ("attributes.senior", "=", False),
            ("birth_date", "<", "2000-02-29"),
            ("birth_date", "withinLastDays", 0),
            ("contract_end", "withinNextDays", 36500),
            ("products", "contains", "fibre"),
            ("products", "notIn", ["fibre", "tv"]),
        ],
    )
    def test_lets_pass_what_fits(self, field: str, operator: str, value: Any) -> None:
        assert fault(field, operator, value) is None

    @pytest.mark.parametrize(
        ("field", "operator", "value", "place"),
        [
            ("attributes.shoe_size", "=", 42, "/field"),
            ("attributes", "null", None, "/field"),
            ("grade", "withinNextDays", 3, "/operator"),
            ("attributes.age", "contains", "3", "/operator"),
            ("attributes.senior", "<", True, "/operator"),
            ("products", "=", "fibre", "/operator"),
            ("birth_date", "in", ["2000-01-01"], "/operator"),
            ("grade", "=", 3, "/value"),
            ("grade", "=", None, "/value"),
            ("grade", "=", ["key"], "/value"),
            ("grade", "in", "key", "/value"),
            ("grade", "in", ["key", 3], "/value"),
            ("grade", "null", "key", "/value"),
            ("attributes.age", ">", "30", "/value"),
            ("attributes.age", ">", True, "/value"),
            ("attributes.age", "between", [1], "/value"),
            ("attributes.age", "between", [1, 2, 3], "/value"),
            ("attributes.age", "between", [2, 1], "/value"),
            ("attributes.age", "between", [1, "2"], "/value"),
            ("attributes.senior", "=", 1, "/value"),
            ("birth_date", "=", "2001-02-29", "/value"),
            ("birth_date", "=", "2000-01-01T00:00:00Z", "/value"),
            ("birth_date", "between", ["2000-01-01", "soon"], "/value"),
            ("contract_end", "withinNextDays", -1, "/value"),
            ("contract_end", "withinNextDays", 36501, "/value"),
            ("contract_end", "withinNextDays", 1.5, "/value"),
            ("contract_end", "withinNextDays", True, "/value"),
            ("products", "contains", ["fibre"], "/value"),
            ("products", "in", [1], "/value"),
        ],
    )
    def test_points_at_what_does_not(self, field: str, operator: str, value: Any, place: str) -> None:
        found = fault(field, operator, value)
        assert found is not None
        assert found[0] == place

    def test_names_all_faults(self) -> None:
        leaf = {"field": "nothing", "operator": "=", "value": 1}
        with pytest.raises(InvalidRule) as caught:
            CUSTOMER.parse({"combinator": "or", "rules": [leaf, {"combinator": "and", "rules": [leaf]}]}, "/audience")
        places = [error.pointer for error in caught.value.errors]
        assert places == ["/audience/rules/0/field", "/audience/rules/1/rules/0/field"]


class TestCustomerCatalogue:
    def test_every_field_reads_a_member_of_the_customer_document(self) -> None:
        assert {field.path[0] for field in CUSTOMER} <= set(CustomerUpserted.model_fields)

    def test_every_field_has_labels_in_both_languages(self) -> None:
        for field in CUSTOMER:
            assert field.label("en")
            assert any("\u4e00" <= character <= "\u9fff" for character in field.label("zh-CN")), field.name

    def test_describes_itself_for_an_editor(self) -> None:
        described = {entry["name"]: entry for entry in CUSTOMER.described()}
        assert described["attributes.age"]["operators"] == [str(operator) for operator in OPERATORS[FieldType.NUMBER]]
        assert described["grade"]["label"] == {"en": "grade", "zh-CN": "客户等级"}
        assert {"name": "key", "label": {"en": "key account", "zh-CN": "重点客户"}} in described["grade"]["values"]


class TestGrowing:
    def test_takes_further_attributes(self) -> None:
        grown = CUSTOMER.with_attributes(
            [
                Attribute(name="emp.var.rate", type="number"),
                Attribute(name="age", type="number", label_en="age in years"),
            ]
        )
        assert len(grown) == len(CUSTOMER) + 1
        assert grown["attributes.emp.var.rate"].path == ("attributes", "emp.var.rate")
        assert grown["attributes.age"].label_en == "age in years"
        assert CUSTOMER["attributes.age"].label_en == "age"
        assert grown["attributes.emp.var.rate"].label("zh-CN") == "emp.var.rate"

    @pytest.mark.parametrize("name", ["", "a'b", 'a"b', "a b", "1a", "a" * 65, "a\n", "价格"])
    def test_takes_no_name_that_needs_quoting(self, name: str) -> None:
        with pytest.raises(ValidationError):
            Attribute(name=name, type="string")
        with pytest.raises(ValueError, match="no name"):
            Field(f"attributes.{name}", FieldType.STRING, "x", "x", path=("attributes", name))

    def test_refuses_contradictions(self) -> None:
        field = Field("a", FieldType.STRING, "a", "a", values=(Choice("x", "X", "乙"),))
        with pytest.raises(ValueError, match="two fields"):
            Catalogue([field, Field("a", FieldType.NUMBER, "a", "a")])
        with pytest.raises(ValueError, match="does not go with"):
            Field("a", FieldType.NUMBER, "a", "a", operators=(Operator.CONTAINS,))
        with pytest.raises(ValueError, match="reach into a list"):
            Field("a", FieldType.NUMBER, "a", "a", item="b")
        with pytest.raises(ValueError, match="two steps"):
            Field("a", FieldType.NUMBER, "a", "a", path=("a", "b", "c"))
