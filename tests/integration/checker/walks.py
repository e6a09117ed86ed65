"""Random walks through the real gate: whatever people, channels and planners may do, in any order.

A walk says everything through the interfaces that the outside world has (topics, HTTP, the clock), keeps what it said
as the topics would, and plays the acceptance ledger's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.integration.touchpoint.conftest import CHANNELS, START, Touchpoint
from tests.unit.checker.memory_log import MemoryLog

from rapport.clock import FixedClock
from rapport.contracts.campaign import ContactRequestWithdrawn
from rapport.contracts.channel import OutcomeReported
from rapport.contracts.envelope import Event
from rapport.contracts.offers import AcceptanceRefused, AcceptanceRevoked, OfferAccepted
from rapport.contracts.vocabulary import ContactClass, Outcome
from rapport.db import transaction
from rapport.messaging.consumer import PoisonMessage
from rapport_cli.checker.findings import Findings
from rapport_cli.checker.heard import Positions, listen
from rapport_cli.checker.streams import snapshots
from rapport_cli.checker.timelines import prove
from touchpoint_service.handlers.leases import hand_out
from touchpoint_service.repository import queues
from touchpoint_service.repository.policies import policy_in_force

CUSTOMERS = ("c1", "c2", "c3")
HOMES = {"c1": "home", "c2": "home"}
"""c3 lives alone."""
OFFERS = {"o1": ("loan", "loans"), "o2": ("loan", "loans"), "o3": ("card", "cards"), "o4": ("home", "cards")}
"""Each with its goal and category."""
CAMPAIGNS = ("cmp", "spring")
CLASSES = [c.value for c in ContactClass]
GROUPS = {
    "campaign.requests": "touchpoint.requests",
    "channel.events": "touchpoint.outcomes",
    "offers.acceptances": "touchpoint.outcomes",
}
_TABLES = """popups, wakes_due, recalls_due, recalls_unanswered, freezes, work_orders, work_order_comments,
    work_order_alarms, reports, timeline, contacts, requests, standings, replica_customers, replica_offers,
    replica_plans, replica_rankings, customer_documents, offer_documents, decision_facts, decision_fellows,
    webhook_deliveries, webhook_replays, webhooks, what_if_parts, what_ifs, policy_activations, policy_versions,
    policies, outbox, idempotency_keys"""

few = st.integers(0, 5)
scopes = st.sampled_from(["all", "channel", "category", "campaign", "offer", "goal"])
some_channels = st.none() | st.sets(st.sampled_from(CHANNELS), min_size=1, max_size=3).map(sorted)
some_classes: st.SearchStrategy[list[str]] = st.just([]) | st.sets(st.sampled_from(CLASSES), max_size=2).map(sorted)
windows = st.fixed_dictionaries({"kind": st.just("rolling"), "hours": st.integers(1, 120)}) | st.fixed_dictionaries(
    {
        "kind": st.just("calendar"),
        "unit": st.sampled_from(["day", "week", "month"]),
        "zone": st.sampled_from(["business", "customer"]),
    }
)


def _rules(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    rule = st.fixed_dictionaries({"channels": some_channels, "exempt_classes": some_classes, **members})
    return st.lists(rule, max_size=2)


_KINDS = (
    *("blackouts", "legal_hours", "frequency_caps", "minimum_gaps", "quiet_hours", "cool_downs"),
    *("work_order_holds", "work_orders"),
)


def _named(document: dict[str, Any]) -> dict[str, Any]:
    for kind in _KINDS:
        document[kind] = [rule | {"name": f"{kind.replace('_', '-')}-{n}"} for n, rule in enumerate(document[kind])]
    return document


PROMISE = {"respond_minutes": 120, "resolve_minutes": 2000, "remind_minutes": 60, "escalate_to": "/head"}
policies = st.fixed_dictionaries(
    {
        "name": st.just("walk"),
        "business_zone": st.sampled_from(["Europe/Berlin", "Asia/Kolkata"]),
        "consent": st.fixed_dictionaries(
            {"channels": st.just(["call", "sms", "email"]), "exempt_purposes": st.sampled_from([[], ["service"]])}
        ),
        "do_not_disturb_exempt": some_classes,
        "frequency_caps": _rules(
            scope=scopes,
            limit=st.integers(1, 3),
            window=windows,
            per=st.sampled_from(["customer", "household"]),
            weights=st.sampled_from([{}, {}, {"call": 2}]),
            ignores=st.sampled_from([[], [], ["dismissed", "complaint"]]),
            held=st.sampled_from([[], [], [{"for_class": "retention"}], [{"for_class": "service", "slots": 2}]]),
            look_ahead_hours=st.sampled_from([0, 0, 48]),
        ),
        "legal_hours": st.lists(
            st.fixed_dictionaries(
                {
                    "countries": st.none() | st.just(["DE"]),
                    "hours": st.just(
                        {"periods": [{"days": ["mon", "tue", "wed", "sat"], "start": "07:00", "end": "22:00"}]}
                    ),
                }
            ),
            max_size=1,
        ),
        "blackouts": st.lists(
            st.sampled_from([2, 30]).map(
                lambda hours: {
                    "begins": (START + timedelta(hours=hours)).isoformat(),
                    "ends": (START + timedelta(hours=hours + 20)).isoformat(),
                }
            ),
            max_size=1,
        ),
        "minimum_gaps": _rules(hours=st.sampled_from([0.5, 3, 24])),
        "quiet_hours": st.lists(
            st.fixed_dictionaries({"channels": some_channels, "start": st.just("21:00"), "end": st.just("08:00")}),
            max_size=1,
        ),
        "work_order_holds": _rules(
            purposes=st.sampled_from([None, ["marketing"]]), kinds=st.sampled_from([None, ["complaint", "problem"]])
        ),
        "work_orders": st.sampled_from([[], [{"kind": "complaint", "opened_by": ["complaint"]} | PROMISE]]),
        "cool_downs": st.tuples(
            _rules(outcome=st.sampled_from(["refused", "complaint"]), scope=scopes, days=st.integers(1, 5)),
            st.lists(st.just({"outcome": "complaint", "scope": "all"}), max_size=1),
        ).map(lambda both: [*both[0], *both[1]]),
    }
).map(_named)

requests = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(CUSTOMERS),
        "channels": st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=3, unique=True),
        "purpose": st.sampled_from(["marketing", "marketing", "marketing", "service"]),
        "contact_class": st.sampled_from(CLASSES),
        "campaign_id": st.sampled_from([*CAMPAIGNS, None]),
        "offer_id": st.sampled_from([*OFFERS, None, None]),
        "hours": st.sampled_from([1, 30, 24 * 30, 24 * 30]),
        "wait": st.sampled_from([None, None, None, 5]),
    }
)
REACHED = ["delivered", "shown", "refused", "interested", "complaint"]
answers = st.sampled_from([*(outcome.value for outcome in Outcome), *REACHED, *REACHED, "accepted", "accepted"])
works = st.sampled_from(["take", "refer", "comment", "appoint", "resolve", "resolve"])
customers, offers = st.sampled_from(CUSTOMERS), st.sampled_from([*OFFERS])
_STEPS: dict[str, tuple[int, tuple[st.SearchStrategy[Any], ...]]] = {
    "ask": (8, (st.lists(requests, min_size=1, max_size=4),)),
    "report": (6, (st.lists(st.tuples(few, answers, st.none() | offers), min_size=1, max_size=3),)),
    "tick": (5, (st.sampled_from([0, 1, 3, 7, 24, 100]),)),
    "settle": (2, (few, st.sampled_from(["accepted", "refused", "revoked"]))),
    "accept_on_web": (1, (customers, offers, st.none() | few)),
    "withdraw": (2, (few,)),
    "lease": (2, (st.sampled_from(["call", "branch"]),)),
    "send": (2, (st.sampled_from(["sms", "email"]), st.booleans())),
    "forget_to_answer": (6, (st.sampled_from(["call", "branch"]), few, st.sampled_from([0.01, 0.05, 1]))),
    "answer_recall": (4, (few, st.sampled_from(["withdrawn", "too_late"]))),
    "pop_up": (2, (customers, st.sampled_from(["branch", "hotline"]), answers)),
    "plan": (1, (st.sampled_from(CAMPAIGNS), st.sampled_from(["paused", "running", "stopped"]))),
    "change": (1, (customers, st.sampled_from(["consent", "zone", "peace", "list"]))),
    "freeze": (2, (customers, st.sampled_from([None, 5, 200]))),
    "thaw": (3, (few,)),
    "order": (2, (customers, st.sampled_from(["complaint", "problem", "referral"]), works)),
    "work": (3, (few, works)),
    "policy": (1, (policies, st.sampled_from([0, 0, 1, 7, 100]))),
}
"""The methods of `Walk`: how often each is chosen, and what it is given."""


def _step(name: str) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(name), *_STEPS[name][1])


steps = st.sampled_from([name for name, (weight, _) in _STEPS.items() for _ in range(weight)]).flatmap(_step)


@dataclass
class Walk:
    """One walk: the service, and all that was said."""

    touchpoint: Touchpoint
    log: MemoryLog = field(default_factory=MemoryLog)
    number: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    ledger: dict[str, OfferAccepted] = field(default_factory=dict)
    """What the ledger has not decided on, or has accepted."""
    accepted: set[str] = field(default_factory=set)

    @property
    def now(self) -> datetime:
        return self.touchpoint.clock.now()

    async def begin(self, policy: dict[str, Any]) -> None:
        """An empty service that knows a policy, the customers, the offers and the plans."""
        service = self.touchpoint
        await service.pool.execute(f"truncate {_TABLES}")
        gate = service.app.state.gate
        gate._customers.clear()
        gate._policy = None
        service.clock = service.app.state.clock = FixedClock(START)
        await service.put_in_force(policy)
        for customer_id in CUSTOMERS:
            await self.say(service.customer(customer_id, self.next(customer_id), household=HOMES.get(customer_id)))
        for offer_id, (goal, category) in OFFERS.items():
            await self.say(service.offer(offer_id, goal=goal, category=category))
        for campaign in CAMPAIGNS:
            await self.say(service.plan(campaign_id=campaign, version=self.next(campaign)))

    def next(self, what: str) -> int:
        """The next version of a document."""
        self.versions[what] = self.versions.get(what, 0) + 1
        return self.versions[what]

    async def say(self, *events: Event) -> None:
        """Put events of one topic on it, and let the consumer take them in; a poison message is set aside."""
        offsets = {id(event): self.log.publish(event, self.now) for event in events}
        left = list(events)
        while left:
            try:
                await self.touchpoint.hear(*left)
            except PoisonMessage as poison:
                blamed = poison.envelope
                if blamed is None:
                    raise
                self.log.set_aside(GROUPS[blamed.topic], blamed.topic, offsets[id(blamed.event)], self.now)
                left.remove(blamed.event)
            else:
                break

    async def rows(self, query: str, index: int) -> Any:
        """One of the rows of a query, by an index that wraps around; None without any."""
        found = await self.touchpoint.pool.fetch(query)
        return found[index % len(found)] if found else None

    async def ask(self, wanted: Sequence[dict[str, Any]]) -> None:
        said = []
        for given in wanted:
            self.number += 1
            changes = dict(given)
            hours, wait = changes.pop("hours"), changes.pop("wait")
            goal, category = OFFERS.get(changes["offer_id"] or "", ("loan" if hours == 1 else None, "care"))
            changes |= {"goal": goal, "category": category, "expires_at": self.now + timedelta(hours=hours)}
            if wait is not None:
                changes["not_before"] = self.now + timedelta(hours=wait)
            said.append(self.touchpoint.request(f"r{self.number}", **changes))
        await self.say(*said)

    async def report(self, wanted: Sequence[tuple[int, str, str | None]]) -> None:
        said: list[Event] = []
        for index, outcome, offer_id in wanted:
            row = await self.rows("select * from contacts order by released_at desc, contact_id limit 6", index)
            if row is None:
                return
            said.append(self.outcome(row["contact_id"], row["customer_id"], outcome, offer_id))
        if said:
            await self.say(*said, said[0])  # channels retry
            await self.enter_in_ledger()

    def outcome(self, contact_id: str, customer_id: str, outcome: str, offer_id: str | None) -> OutcomeReported:
        more = {"call_back_at": self.now + timedelta(hours=5)} if outcome == "call_back" else {}
        return self.touchpoint.said(contact_id, outcome, customer_id, offer_id=offer_id, **more)

    async def enter_in_ledger(self) -> None:
        """The ledger hears of acceptances in channels; it decides later."""
        rows = await self.touchpoint.pool.fetch(
            "select body from timeline where type = 'touchpoint.contact.responded.v1' "
            "and body->>'acceptance_id' is not null order by customer_id, seq"
        )
        for row in rows:
            body = row["body"]
            if body["acceptance_id"] not in self.versions:
                self.versions[body["acceptance_id"]] = 1
                self.ledger[body["acceptance_id"]] = self.acceptance(
                    body["acceptance_id"], body["customer_id"], body["offer_id"], body["channel"], body["contact_id"]
                )

    def acceptance(
        self, acceptance_id: str, customer_id: str, offer_id: str, channel: str, contact_id: str | None
    ) -> OfferAccepted:
        goal, category = OFFERS[offer_id]
        return OfferAccepted.model_validate(
            {
                "acceptance_id": acceptance_id,
                "customer_id": customer_id,
                "offer_id": offer_id,
                "term": "1",
                "goal": goal,
                "category": category,
                "channel": channel,
                "at": self.now,
                "contact_id": contact_id,
            }
        )

    async def settle(self, index: int, status: str) -> None:
        """The ledger decides, or takes back what it had accepted."""
        entered = sorted(self.ledger)
        if not entered:
            return
        acceptance_id = entered[index % len(entered)]
        claim = self.ledger[acceptance_id]
        facts = claim.model_dump(exclude={"term", "category"})
        if acceptance_id in self.accepted:
            if status == "revoked":
                del self.ledger[acceptance_id]
                await self.say(AcceptanceRevoked.model_validate(facts))
        elif status == "refused":
            del self.ledger[acceptance_id]
            await self.say(AcceptanceRefused.model_validate(facts | {"reason": "sold-out"}))
        else:
            self.accepted.add(acceptance_id)
            await self.say(claim)

    async def accept_on_web(self, customer_id: str, offer_id: str, index: int | None) -> None:
        contact_id = None
        if index is not None:
            row = await self.rows(
                f"select contact_id from contacts where customer_id = '{customer_id}' order by contact_id", index
            )
            contact_id = None if row is None else row["contact_id"]
        self.number += 1
        claim = self.acceptance(f"acc_web{self.number}", customer_id, offer_id, "web", contact_id)
        self.ledger[claim.acceptance_id] = claim
        self.accepted.add(claim.acceptance_id)
        await self.say(claim, claim)

    async def withdraw(self, index: int) -> None:
        row = await self.rows(
            "select customer_id, request_id from requests order by state <> 'live', request_id limit 6", index
        )
        if row is not None:
            await self.say(
                ContactRequestWithdrawn(request_id=row["request_id"], customer_id=row["customer_id"], at=self.now)
            )

    async def lease(self, channel: str) -> None:
        await self.touchpoint.call("POST", f"/v1/channels/{channel}/leases", {"limit": 3}, role="outbound_agent")

    async def send(self, channel: str, finished: bool) -> None:
        """What the sender does around the provider."""
        async with transaction(self.touchpoint.pool) as conn:
            policy = await policy_in_force(conn, None, self.now)
            rows = await hand_out(conn, policy, channel, self.now, owner="sender", seconds=60, limit=2, state="sending")
        if finished:
            await queues.finish_sending(self.touchpoint.pool, [row["contact_id"] for row in rows])

    async def forget_to_answer(self, channel: str, index: int, hours: float) -> None:
        """Somebody has a task in hand, its customer accepts elsewhere, and nobody says whether that was in time."""
        await self.lease(channel)
        query = "select customer_id, offer_id from contacts where state = 'leased' and offer_id is not null"
        row = await self.rows(f"{query} order by contact_id", index)
        if row is not None:
            await self.accept_on_web(row["customer_id"], row["offer_id"], None)
            await self.tick(hours)

    async def answer_recall(self, index: int, answer: str) -> None:
        row = await self.rows("select contact_id from contacts where state = 'recalled' order by contact_id", index)
        if row is not None:
            path = f"/v1/contacts/{row['contact_id']}/recall-answer"
            await self.touchpoint.call("POST", path, {"answer": answer}, role="outbound_agent")

    async def freeze(self, customer_id: str, hours: int | None) -> None:
        until = None if hours is None else (self.now + timedelta(hours=hours)).isoformat()
        await self.touchpoint.call(
            "POST", "/v1/freezes", {"customer_id": customer_id, "until": until}, role="complaint_desk", expect=201
        )

    async def thaw(self, index: int) -> None:
        row = await self.rows("select freeze_id from freezes order by closed_at is not null, freeze_id limit 6", index)
        if row is not None:
            await self.touchpoint.call("POST", f"/v1/freezes/{row['freeze_id']}/closure", {}, role="complaint_desk")

    async def order(self, customer_id: str, kind: str, how: str) -> None:
        """Open a work order, and do something with it unless that would end it at once."""
        self.number += 1
        body = {"work_order_id": f"w{self.number}", "customer_id": customer_id, "kind": kind}
        await self.touchpoint.call("POST", "/v1/work-orders", body, role="branch_agent", expect=201)
        if how != "resolve":
            await self.handle(body["work_order_id"], how, 0)

    async def work(self, index: int, how: str) -> None:
        query = "select work_order_id from work_orders order by resolved_at is not null, work_order_id limit 6"
        row = await self.rows(query, index)
        if row is not None:
            await self.handle(row["work_order_id"], how, index)

    async def handle(self, work_order_id: str, how: str, index: int) -> None:
        method, path, body = {
            "take": ("PUT", "lease", {"seconds": 3600}),
            "refer": ("POST", "referrals", {"unit": f"/unit-{index}"}),
            "comment": ("POST", "comments", {"text": "hm"}),
            "appoint": ("PUT", "appointment", {"at": (self.now + timedelta(hours=90)).isoformat()}),
            "resolve": ("POST", "result", {"result": "done"}),
        }[how]
        path = f"/v1/work-orders/{work_order_id}/{path}"
        headers = self.touchpoint.headers("branch_agent")
        answer = await self.touchpoint.client.request(method, path, json=body, headers=headers)
        assert answer.is_success or answer.status_code == 409, answer.text

    async def pop_up(self, customer_id: str, channel: str, answer: str) -> None:
        body = {"customer_id": customer_id, "channel": channel}
        shown = await self.touchpoint.call("POST", "/v1/popups", body, role="branch_agent")
        said = {"accepted": "accepted", "refused": "refused", "interested": "interested"}.get(answer)
        popup = shown.json()
        if said and popup["offers"]:
            answers = [{"offer_id": popup["offers"][0]["offer_id"], "answer": said}]
            path = f"/v1/popups/{popup['popup_id']}/answers"
            await self.touchpoint.call("POST", path, {"answers": answers}, role="branch_agent")
            await self.enter_in_ledger()

    async def plan(self, campaign: str, state: str) -> None:
        if campaign not in self.stopped:
            await self.say(self.touchpoint.plan(state, version=self.next(campaign), campaign_id=campaign))
            self.stopped |= {campaign} if state == "stopped" else set()

    async def change(self, customer_id: str, what: str) -> None:
        version = self.next(customer_id)
        changes: dict[str, Any] = {"household": HOMES.get(customer_id)}
        match what:
            case "consent" if version % 2:
                changes["consents"] = []
            case "zone":
                changes["time_zone"] = (None, "Asia/Tokyo", "America/New_York")[version % 3]
            case "peace":
                changes["do_not_disturb_until"] = self.now + timedelta(hours=50)
            case "list":
                changes["do_not_call"] = bool(version % 2)
        await self.say(self.touchpoint.customer(customer_id, version=version, **changes))

    async def policy(self, document: dict[str, Any], ahead: float) -> None:
        at = self.now + timedelta(hours=ahead) if ahead else None
        await self.touchpoint.put_in_force(document, activate_at=at)

    async def tick(self, hours: float) -> None:
        await self.touchpoint.tick(hours=hours)

    async def check(self, url: str) -> Findings:
        """What the checker finds once nothing is due: invariants 1 to 4, 6, 8, and the timeline's part of 7."""
        await self.tick(0)
        for row in await self.touchpoint.pool.fetch("select * from outbox_events order by id, n"):
            self.log.append(row["topic"], row["key"], row["type"], row["value"], row["at"])
        positions: Positions = {(group, topic, 0): 10**9 for topic, group in GROUPS.items()}
        findings = Findings()
        heard = await listen(self.log, positions, findings, lambda *_: None)
        async with snapshots({"touchpoint": url}) as connections:
            await prove(connections["touchpoint"], heard, findings, lambda *_: None, lag=timedelta(0))
        return findings
