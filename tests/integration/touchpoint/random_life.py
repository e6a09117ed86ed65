"""A random life of a few customers, lived through the real gate: requests, answers, acceptances, stops, pop-ups.

Every timer rings at its exact instant, as a worker that is not overloaded would have it, and no two transactions share
an instant.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from tests.integration.touchpoint.conftest import Touchpoint

from rapport.contracts.campaign import ContactRequestWithdrawn
from rapport.contracts.offers import AcceptanceRevoked, OfferAccepted

CUSTOMERS = ("ann", "ben", "cy", "dee")
OFFERS = {"o1": ("loan", "loans"), "o2": ("loan", "loans"), "o3": ("card", "cards"), "o4": ("save", "savings")}
PLANS = ("cmp", "two")
CHANNELS = ("call", "branch", "web", "sms", "email")
CLASSES = ("service_critical", "service", "retention", "marketing", "marketing")
OUTCOMES = (
    *("delivered", "shown", "opened", "interested", "no_answer", "busy", "refused", "failed"),
    *("complaint", "accepted", "accepted", "do_not_contact"),
)
POLICY: dict[str, Any] = {
    "name": "random life",
    "business_zone": "Europe/Berlin",
    "do_not_disturb_exempt": ["service_critical"],
    "quiet_hours": [{"name": "night", "channels": ["call", "sms"], "start": "20:00", "end": "08:00"}],
    "minimum_gaps": [
        {"name": "apart", "channels": ["call", "sms"], "hours": 5, "exempt_classes": ["service_critical"]}
    ],
    "frequency_caps": [
        {"name": "four-in-three-days", "limit": 4, "window": {"kind": "rolling", "hours": 72}},
        {"name": "two-a-day", "limit": 2, "window": {"kind": "calendar", "unit": "day", "zone": "customer"}},
        {"name": "per-offer", "scope": "offer", "limit": 3, "window": {"kind": "rolling", "hours": 240}},
    ],
    "work_order_holds": [
        {"name": "no-selling", "kinds": ["problem"], "exempt_classes": ["service_critical", "service"]}
    ],
    "work_orders": [
        {
            "name": "complaints",
            "kind": "complaint",
            "opened_by": ["complaint"],
            "resolve_minutes": 600,
            "remind_minutes": 60,
        }
    ],
    "cool_downs": [
        {"name": "refused", "outcome": "refused", "scope": "category", "days": 2},
        {"name": "complained", "outcome": "complaint", "scope": "channel", "days": 4},
        {"name": "frozen", "outcome": "complaint", "scope": "all", "channels": ["branch", "web"]},
    ],
}


class RandomLife:
    """Lives on the service by dice."""

    def __init__(self, service: Touchpoint, seed: int) -> None:
        self._service = service
        self._dice = random.Random(seed)
        self._number = 0
        self._web: list[OfferAccepted] = []
        self._states = dict.fromkeys(PLANS, ("running", 1))

    async def begin(self) -> None:
        """The policy, and everybody who takes part."""
        service = self._service
        await service.put_in_force(POLICY)
        zones = ("Europe/Berlin", "Asia/Shanghai", "America/New_York", "UTC")
        people = [service.customer(c, time_zone=z) for c, z in zip(CUSTOMERS, zones, strict=True)]
        offers = [service.offer(o, goal=goal, category=category) for o, (goal, category) in OFFERS.items()]
        await service.hear(*people, *offers, *[service.plan(campaign_id=c) for c in PLANS])

    async def live(self, steps: int) -> None:
        """So many things happen, from seconds to hours apart."""
        dice = self._dice
        acts = {
            self._ask: 8,
            self._answer: 8,
            self._answer_recall: 1,
            self._accept_on_web: 1,
            self._revoke: 1,
            self._withdraw: 1,
            self._pop_up: 2,
            self._change_plan: 1,
            self._decide: 1,
            self._freeze: 1,
            self._thaw: 3,
            self._order: 1,
            self._work: 3,
        }
        for _ in range(steps):
            await self.advance(timedelta(microseconds=dice.randrange(1, 4 * 3600 * 10**6)))
            (act,) = dice.choices(list(acts), weights=list(acts.values()))
            await act()

    async def advance(self, by: timedelta) -> None:
        """Let time pass; whatever is due meanwhile happens at its very instant."""
        service = self._service
        end = service.clock.now() + by
        while True:
            due: datetime | None = await service.pool.fetchval(
                "select min(greatest(due_at, $2)) from due_work where due_at <= $1 and kind <> 'message to send'",
                end,
                service.clock.now(),
            )
            if due is None:
                break
            service.clock.move(due)
            await service.tick()
        service.clock.move(end)

    async def _ask(self) -> None:
        await self._service.hear(*[self._request() for _ in range(self._dice.choice((1, 1, 2, 4)))])

    def _request(self) -> Any:
        dice, now = self._dice, self._service.clock.now()
        self._number += 1
        offer = dice.choice([*OFFERS, None])
        goal, category = OFFERS[offer] if offer else (None, "care")
        begins = dice.choice((None, None, now + timedelta(hours=dice.randrange(1, 30))))
        return self._service.request(
            f"r{self._number}",
            dice.choice(CUSTOMERS),
            channels=dice.sample(CHANNELS, dice.choice((1, 1, 2, 3))),
            category=category,
            contact_class=dice.choice(CLASSES),
            score=round(dice.random(), 2),
            goal=goal,
            campaign_id=dice.choice([*PLANS, None]),
            offer_id=offer,
            not_before=begins,
            expires_at=(begins or now) + timedelta(hours=dice.choice((2, 9, 40, 100))),
        )

    async def _answer(self) -> None:
        dice = self._dice
        rows = await self._service.pool.fetch("select customer_id, contact_id, offer_id from contacts order by 2")
        held = await self._service.pool.fetch(
            "select customer_id, contact_id, offer_id from contacts where state in ('open', 'shown') order by 2"
        )
        if not rows:
            return
        said = []
        for row in dice.sample(held or rows, min(len(held or rows), dice.choice((1, 1, 2)))):
            outcome = dice.choice(OUTCOMES)
            other = dice.choice([None, None, None, *OFFERS])
            if outcome == "accepted" and row["offer_id"] is None and other is None:
                outcome = "interested"
            said.append(self._service.said(row["contact_id"], outcome, row["customer_id"], offer_id=other))
        late = dice.choice(rows)
        if dice.random() < 0.1:
            said.append(self._service.said(late["contact_id"], "delivered", late["customer_id"]))
        await self._service.hear(*said)

    async def _answer_recall(self) -> None:
        row = await self._service.pool.fetchrow("select contact_id from contacts where state = 'recalled' order by 1")
        if row is not None:
            answer = {"answer": self._dice.choice(("withdrawn", "too_late"))}
            path = f"/v1/contacts/{row['contact_id']}/recall-answer"
            await self._service.call("POST", path, answer, role="outbound_agent")

    async def _accept_on_web(self) -> None:
        offer = self._dice.choice(list(OFFERS))
        goal, category = OFFERS[offer]
        self._number += 1
        accepted = OfferAccepted(
            acceptance_id=f"acc{self._number}",
            customer_id=self._dice.choice(CUSTOMERS),
            offer_id=offer,
            term="1",
            goal=goal,
            category=category,
            channel="web",
            at=self._service.clock.now(),
        )
        self._web.append(accepted)
        await self._service.hear(accepted)

    async def _revoke(self) -> None:
        if self._web:
            one = self._web.pop(self._dice.randrange(len(self._web)))
            await self._service.hear(AcceptanceRevoked.model_validate(one.model_dump()))

    async def _withdraw(self) -> None:
        rows = await self._service.pool.fetch(
            "select customer_id, request_id from requests where state in ('live', 'released') order by 2"
        )
        if rows:
            row = self._dice.choice(rows)
            now = self._service.clock.now()
            await self._service.hear(ContactRequestWithdrawn(**dict(row), at=now))

    async def _pop_up(self) -> None:
        body = {"customer_id": self._dice.choice(CUSTOMERS), "channel": "branch", "limit": 2}
        await self._service.call("POST", "/v1/popups", body, role="branch_agent")

    async def _change_plan(self) -> None:
        campaign = self._dice.choice(PLANS)
        state, version = self._states[campaign]
        new = "paused" if state == "running" else "running"
        self._states[campaign] = new, version + 1
        await self._service.hear(self._service.plan(new, version + 1, campaign))
        await self.advance(timedelta(0))

    async def _freeze(self) -> None:
        dice, now = self._dice, self._service.clock.now()
        self._number += 1
        until = dice.choice((None, now + timedelta(hours=30)))
        body = {"customer_id": dice.choice(CUSTOMERS), "freeze_id": f"f{self._number}"}
        body |= {} if until is None else {"until": until.isoformat()}
        await self._service.call("POST", "/v1/freezes", body, role="complaint_desk")

    async def _thaw(self) -> None:
        rows = await self._service.pool.fetch("select freeze_id from freezes where closed_at is null order by 1")
        if rows:
            path = f"/v1/freezes/{self._dice.choice(rows)[0]}/closure"
            await self._service.call("POST", path, {}, role="complaint_desk")

    async def _order(self) -> None:
        self._number += 1
        body = {"customer_id": self._dice.choice(CUSTOMERS), "work_order_id": f"w{self._number}", "kind": "problem"}
        await self._service.call("POST", "/v1/work-orders", body, role="branch_agent")

    async def _work(self) -> None:
        rows = await self._service.pool.fetch("select work_order_id from work_orders where result is null order by 1")
        if rows:
            path = f"/v1/work-orders/{self._dice.choice(rows)[0]}"
            method, step, body = self._dice.choice(
                (
                    ("PUT", "lease", {}),
                    ("POST", "comments", {"text": "hm"}),
                    *[("POST", "result", {"result": "done"})] * 3,
                )
            )
            await self._service.call(method, f"{path}/{step}", body, role="branch_agent")

    async def _decide(self) -> None:
        request = self._request()
        names = ("request_id", "customer_id", "channels", "purpose", "category", "contact_class", "goal", "offer_id")
        body = {name: value for name, value in request.model_dump(mode="json").items() if name in names}
        await self._service.call("POST", "/v1/decisions", body, role="channel_system")
