"""The timeline in words."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from touchpoint_service.domain.words import describe

BERLIN = ZoneInfo("Europe/Berlin")
DEFERRED = "Not yet (SMS): 3 of 3 contacts are used (rule w); looked at again on Sun 29 Mar 04:00 (Europe/Berlin)."


class TestDescribe:
    @pytest.mark.parametrize(
        ("kind", "body", "english", "chinese"),
        [
            (
                "contact.released",
                {"channel": "call", "offer_id": "stay"},
                "Released to call (offer stay).",
                "已下发至外呼（优惠 stay）。",
            ),
            (
                "contact.deferred",
                {
                    "channel": "sms",
                    "because": {"reason": "frequency_cap", "rule": "w", "counter": 3, "limit": 3},
                    "retry_at": "2026-03-29T02:00:00+00:00",
                },
                DEFERRED,
                "暂不接触（短信）：已用 3/3 次接触（规则 w）；将于2026-03-29 04:00（Europe/Berlin）再次评估。",
            ),
            (
                "contact.recalled",
                {"channel": "branch", "reason": "goal_met", "accepted_in": "call"},
                "Recalled from branch: the customer has accepted another offer for the same goal, in a call.",
                "已从网点召回：客户已为同一目标接受其他优惠，渠道：外呼。",
            ),
            (
                "freeze.opened",
                {"freeze_id": "f1", "until": "2026-03-29T02:00:00+00:00"},
                "Nothing more goes to the customer: a freeze was opened, until Sun 29 Mar 04:00 (Europe/Berlin).",
                "不再接触客户：已开启冻结，至 2026-03-29 04:00（Europe/Berlin）。",
            ),
            (
                "contact.responded",
                {"channel": "call", "outcome": "refused"},
                "Call: refused.",
                "外呼：拒绝。",
            ),
            (
                "recall.unanswered",
                {"channel": "call", "level": 1, "recalled_at": "2026-03-29T02:00:00+00:00"},
                "No answer from call to the recall on Sun 29 Mar 04:00 (Europe/Berlin): reminded.",
                "外呼未答复2026-03-29 04:00（Europe/Berlin）的召回，已提醒。",
            ),
            (
                "recall.unanswered",
                {"channel": "branch", "level": 2, "recalled_at": "2026-03-29T02:00:00+00:00"},
                "No answer from branch to the recall on Sun 29 Mar 04:00 (Europe/Berlin): escalated.",
                "网点未答复2026-03-29 04:00（Europe/Berlin）的召回，已升级处理。",
            ),
            (
                "recall.answered",
                {"channel": "call", "answer": "too_late"},
                "Recall answered by call: too late.",
                "外呼对召回的答复：为时已晚。",
            ),
            (
                "acceptance.settled",
                {"channel": "call", "offer_id": "stay", "status": "accepted"},
                "Acceptance confirmed (offer stay), through call.",
                "已确认接受（优惠 stay），渠道：外呼。",
            ),
        ],
    )
    def test_tells_an_entry_in_both_languages(
        self, kind: str, body: dict[str, Any], english: str, chinese: str
    ) -> None:
        assert describe(kind, body, "en", BERLIN) == english
        assert describe(kind, body, "zh-CN", BERLIN) == chinese


ORDER = {"work_order_id": "w", "order_kind": "call_back", "unit": "/north", "owner": "kim", "by": "ann"}
DUE = "2026-03-03T12:00:00+00:00"


@pytest.mark.parametrize(
    ("kind", "more", "en", "zh"),
    [
        (
            "work_order.opened",
            {"resolve_by": DUE},
            "Work order opened: call back, for /north, to be done by Tue 03 Mar 12:00 (UTC).",
            "已开立工单：回电，受理单位 /north，时限 2026-03-03 12:00（UTC）。",
        ),
        (
            "work_order.assigned",
            {"how": "referred"},
            "Work order (call back) passed on to /north (kim).",
            "工单（回电）已转给 /north（kim）。",
        ),
        (
            "work_order.assigned",
            {"how": "taken"},
            "Work order (call back) taken in hand by ann.",
            "工单（回电）已由 ann 受理。",
        ),
        ("work_order.commented", {}, "A comment on the work order (call back).", "工单（回电）有新备注。"),
        (
            "work_order.appointed",
            {"appointment_at": DUE},
            "Appointment at /north on Tue 03 Mar 12:00 (UTC).",
            "已预约 /north，时间 2026-03-03 12:00（UTC）。",
        ),
        (
            "work_order.reminded",
            {"about": "response", "due_at": DUE},
            "Reminder of the work order (call back): its first answer is due on Tue 03 Mar 12:00 (UTC).",
            "工单（回电）提醒：首次响应时限为 2026-03-03 12:00（UTC）。",
        ),
        (
            "work_order.escalated",
            {"about": "resolution", "due_at": DUE, "to": "/head"},
            "Work order (call back) escalated to /head: its result was due on Tue 03 Mar 12:00 (UTC).",
            "工单（回电）已升级至 /head：办结时限为 2026-03-03 12:00（UTC）。",
        ),
        (
            "work_order.resolved",
            {"result": "not_reached"},
            "Work order (call back) ended: the customer was not reached.",
            "工单（回电）已办结：未联系上客户。",
        ),
    ],
)
def test_what_is_said_of_work_orders(kind: str, more: dict[str, Any], en: str, zh: str):
    assert describe(kind, ORDER | more, "en", ZoneInfo("UTC")) == en
    assert describe(kind, ORDER | more, "zh-CN", ZoneInfo("UTC")) == zh
