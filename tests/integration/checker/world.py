"""A small world in which everything is as it must be: rows for four databases, and what lies on the topics.

A test breaks one thing in it, then stores it. The story of `c1`: called and shown a banner for the same goal, accepts
on the phone, so the banner is recalled and a further request suppressed. Of `c2`: a call of a campaign that is stopped
is recalled; a branch talk ends with a refusal and a pause; a request waits. `c9` was erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from tests.unit.checker.memory_log import MemoryLog

from rapport.clock import to_micros
from rapport.db import Connection
from rapport_cli.checker.check import prove
from rapport_cli.checker.findings import Findings

START = datetime(2026, 3, 3, 12, tzinfo=UTC)
POLICY: dict[str, Any] = {
    "name": "house",
    "business_zone": "UTC",
    "frequency_caps": [{"name": "two-a-week", "limit": 2, "window": {"kind": "rolling", "hours": 168}}],
    "minimum_gaps": [{"name": "pause-for-breath", "channels": ["sms"], "hours": 4}],
    "quiet_hours": [{"name": "night", "start": "21:00:00", "end": "08:00:00"}],
    "cool_downs": [{"name": "rest", "outcome": "refused", "scope": "offer", "days": 30}],
}
GROUPS = {
    "campaign.requests": "touchpoint.requests",
    "channel.events": "touchpoint.outcomes",
    "offers.acceptances": "touchpoint.outcomes",
}
Row = dict[str, Any]


class World:
    """The rows by service and table, and the topics."""

    def __init__(self) -> None:
        self.now = START
        self.tables: dict[str, dict[str, list[Row]]] = {s: {} for s in ("profile", "offers", "touchpoint", "campaign")}
        self.log = MemoryLog()
        self._documents()
        self._first_story()
        self._second_story()
        self._erased()

    def rows(self, service: str, table: str) -> list[Row]:
        """The rows of a table, to be read, changed, or added to."""
        return self.tables[service].setdefault(table, [])

    def row(self, service: str, table: str, **values: Any) -> Row:
        """The one row with these values."""
        (found,) = [r for r in self.rows(service, table) if all(r[name] == value for name, value in values.items())]
        return found

    # --- what happens

    def customer(self, customer_id: str, version: int = 1, **changes: Any) -> None:
        """A customer as profile has them, on the topic and in three replicas; an older version is gone."""
        document = {
            "customer_id": customer_id,
            "version": version,
            "time_zone": "Europe/Berlin",
            "country": "DE",
            "household": "home",
            "consents": [
                {"channel": c, "purpose": "marketing", "granted": True, "at": "2026-01-01T00:00:00Z"}
                for c in ("call", "sms")
            ],
        } | changes
        kind = "profile.customer.upserted.v1"
        self.log.append("profile.customers", customer_id, kind, orjson.dumps(document), self.now - timedelta(days=9))
        found = self.rows("profile", "customers")
        found[:] = [r for r in found if r["customer_id"] != customer_id]
        found.append({"customer_id": customer_id, "version": version, "doc": document})
        for service in ("touchpoint", "offers", "campaign"):
            self.replicate(service, "replica_customers", customer_id, version, document)

    def replicate(self, service: str, table: str, key: str, version: int, document: Row) -> None:
        """A row of a replica."""
        found = self.rows(service, table)
        found[:] = [r for r in found if r["id"] != key]
        found.append({"id": key, "version": version, "doc": document})

    def ask(self, customer_id: str, request_id: str, campaign: str | None = "cmp") -> None:
        """A campaign asks for a contact."""
        body = {"request_id": request_id, "customer_id": customer_id}
        kind = "campaign.contact.requested.v1"
        self.log.append("campaign.requests", customer_id, kind, orjson.dumps(body), self.now)
        self.rows("touchpoint", "requests").append(
            {
                "customer_id": customer_id,
                "request_id": request_id,
                "state": "live",
                "campaign_id": campaign,
                "partition": 0,
                "next_look": None,
                "contact_id": None,
                "because": None,
                "body": [],
            }
        )
        self.rows("campaign", "attempts").append(
            {
                "customer_id": customer_id,
                "request_id": request_id,
                "campaign_id": "cmp",
                "line": 0,
                "attempt": 1,
                "counted": 1,
                "requested_at": self.now,
            }
        )

    def enter(self, customer_id: str, kind: str, **facts: Any) -> Row:
        """An entry on the timeline and on the topic."""
        standing = self.row("touchpoint", "standings", customer_id=customer_id)
        standing["seq"] += 1
        standing["body"]["t"] = to_micros(self.now)
        body = {"customer_id": customer_id, "seq": standing["seq"], "at": self.now.isoformat(), **facts}
        row = {
            "customer_id": customer_id,
            "seq": standing["seq"],
            "at": self.now,
            "type": f"touchpoint.{kind}.v1",
            "channel": facts.get("channel"),
            "contact_id": facts.get("contact_id"),
            "request_id": facts.get("request_id"),
            "body": orjson.dumps(body),
        }
        self.rows("touchpoint", "timeline").append(row)
        self.log.append("touchpoint.contacts", customer_id, row["type"], row["body"], self.now)
        return row

    def end(self, request_id: str, state: str, **more: Any) -> None:
        """How a request is stored once it has ended."""
        self.row("touchpoint", "requests", request_id=request_id).update(state=state, **more)

    def release(self, customer_id: str, request_id: str, channel: str, **changes: Any) -> str:
        """A request and its release; the contact."""
        facts: Row = {
            "campaign_id": "cmp",
            "offer_id": "o1",
            "goal": "loan",
            "purpose": "marketing",
            "category": "loans",
            "contact_class": "marketing",
            "policy_id": "house",
            "policy_version": 1,
        } | changes
        contact_id = f"ctc_{request_id}"
        self.ask(customer_id, request_id, facts["campaign_id"])
        self.end(request_id, "released", contact_id=contact_id)
        self.enter(
            customer_id, "contact.released", request_id=request_id, contact_id=contact_id, channel=channel, **facts
        )
        about = {name: facts[name] for name in ("campaign_id", "offer_id", "goal", "purpose", "category")}
        self.rows("touchpoint", "contacts").append(
            {
                "customer_id": customer_id,
                "contact_id": contact_id,
                "request_id": request_id,
                "channel": channel,
                "state": "open",
                "contact_class": 3,
                "score": 0.5,
                "released_at": self.now,
                "expires_at": self.now + timedelta(days=30),
                **about,
            }
        )
        kind = ["service_critical", "service", "retention", "marketing"].index(facts["contact_class"])
        entry = [to_micros(self.now), contact_id, request_id, channel, facts["category"], facts["purpose"], kind]
        self.entries(customer_id).append([*entry, facts["campaign_id"], facts["offer_id"], facts["goal"], "o", None])
        return contact_id

    def entries(self, customer_id: str) -> list[list[Any]]:
        """The contacts that the standing counts."""
        body = self.row("touchpoint", "standings", customer_id=customer_id)["body"]
        found: list[list[Any]] = body.setdefault("e", [])
        return found

    def recall(self, customer_id: str, contact_id: str, reason: str, caused_by: str) -> None:
        """An open contact is taken back, and counts no more."""
        contact = self.row("touchpoint", "contacts", contact_id=contact_id)
        contact["state"] = "recalled"
        self.entries(customer_id)[:] = [e for e in self.entries(customer_id) if e[1] != contact_id]
        about = {name: contact[name] for name in ("channel", "request_id", "campaign_id", "goal", "offer_id")}
        self.enter(customer_id, "contact.recalled", contact_id=contact_id, reason=reason, caused_by=caused_by, **about)

    def respond(self, customer_id: str, contact_id: str, outcome: str, **facts: Any) -> None:
        """A channel reports an answer that reached the customer."""
        contact = self.row("touchpoint", "contacts", contact_id=contact_id)
        contact["state"] = "closed"
        for entry in self.entries(customer_id):
            entry[-2:] = ["c", outcome] if entry[1] == contact_id else entry[-2:]
        outcome_id = f"out_{contact_id}"
        self.report(customer_id, contact_id, outcome_id)
        about = {name: contact[name] for name in ("channel", "request_id", "campaign_id", "goal", "offer_id")}
        self.enter(
            customer_id,
            "contact.responded",
            contact_id=contact_id,
            outcome=outcome,
            outcome_id=outcome_id,
            **about,
            **facts,
        )

    def report(self, customer_id: str, contact_id: str, outcome_id: str) -> int:
        """What the channel put on its topic; the offset."""
        body = {"outcome_id": outcome_id, "customer_id": customer_id, "contact_id": contact_id}
        kind = "channel.outcome.reported.v1"
        return self.log.append("channel.events", customer_id, kind, orjson.dumps(body), self.now)

    def accept(self, customer_id: str, acceptance_id: str, offer_id: str = "o1", term: str = "1") -> None:
        """The ledger takes an acceptance and says so; the goal is met in the standing."""
        row = {
            "acceptance_id": acceptance_id,
            "customer_id": customer_id,
            "offer_id": offer_id,
            "term": term,
            "goal": "loan",
            "channel": "call",
            "at": self.now,
            "state": "accepted",
        }
        self.rows("offers", "acceptances").append(row)
        self.row("offers", "stock", offer_id=offer_id)["accepted"] += 1
        body = {"acceptance_id": acceptance_id, "customer_id": customer_id}
        kind = "offers.acceptance.accepted.v1"
        self.log.append("offers.acceptances", customer_id, kind, orjson.dumps(body), self.now)
        goals = self.row("touchpoint", "standings", customer_id=customer_id)["body"].setdefault("g", {})
        goals.setdefault("loan", []).append([offer_id, acceptance_id, "call", to_micros(self.now)])

    def settle(self, customer_id: str, acceptance_id: str, contact_id: str | None = None) -> None:
        """What the ledger said, on the timeline; nothing else stands as said of the offer."""
        self.row("touchpoint", "standings", customer_id=customer_id)["body"].get("s", {}).pop("o1", None)
        self.enter(
            customer_id,
            "acceptance.settled",
            acceptance_id=acceptance_id,
            status="accepted",
            offer_id="o1",
            goal="loan",
            channel="call",
            **({} if contact_id is None else {"contact_id": contact_id}),
        )

    # --- what is there

    def _documents(self) -> None:
        self.customer("c1")
        self.customer("c2")
        for customer_id in ("c1", "c2"):
            standing: Row = {"customer_id": customer_id, "seq": 0, "live": 0, "body": {}}
            self.rows("touchpoint", "standings").append(standing)
        offer = {"offer_id": "o1", "version": 4, "category": "loans", "goal": "loan", "state": "published"}
        self.rows("offers", "offers").append(
            {"id": "o1", "version": 4, "state": "published", "content": {}, "announced": offer, "changed_at": START}
        )
        self.rows("offers", "stock").append({"offer_id": "o1", "total": 2, "accepted": 0})
        for service in ("touchpoint", "campaign"):
            self.replicate(service, "replica_offers", "o1", 4, offer)
        self.plan("cmp", "running")
        self.plan("spring", "stopped")
        self.rows("touchpoint", "policies").append({"policy_id": "house", "draft": POLICY, "author": "erin"})
        self.activate(1, START - timedelta(days=9))

    def activate(self, version: int, since: datetime, *, told: bool = True) -> None:
        """A version of the policy, approved, and in force from an instant on."""
        self.rows("touchpoint", "policy_versions").append(
            {
                "policy_id": "house",
                "version": version,
                "document": POLICY,
                "author": "erin",
                "submitted_by": "mia",
                "submitted_at": START - timedelta(days=9),
                "approved_by": "sam",
                "approved_at": START - timedelta(days=9),
            }
        )
        self.rows("touchpoint", "policy_activations").append(
            {"policy_id": "house", "version": version, "since": since, "approved_by": "sam", "announced": True}
        )
        if told:
            body = orjson.dumps({"policy_id": "house", "version": version})
            self.log.append("touchpoint.policies", "house", "touchpoint.policy.activated.v1", body, since)

    def plan(self, campaign_id: str, state: str) -> None:
        """A plan, on its topic and replicated."""
        plan = {"name": campaign_id, "goal": "loan", "contact_class": "marketing", "audience": {"list": ["c1"]}}
        self.rows("campaign", "campaigns").append(
            {
                "campaign_id": campaign_id,
                "version": 3,
                "state": state,
                "plan": plan,
                "name": campaign_id,
                "goal": "loan",
                "ends_at": START + timedelta(days=90),
                "authors": ["ada"],
                "approved_by": "bob",
                "created_at": START,
                "changed_at": START,
                "started_at": START,
            }
        )
        header = {"campaign_id": campaign_id, "version": 3, "state": state} | plan
        self.replicate("touchpoint", "replica_plans", campaign_id, 3, header)
        stopped_at = START + timedelta(hours=2)
        self.log.append("campaign.plans", campaign_id, "campaign.plan.changed.v1", orjson.dumps(header), stopped_at)

    def _first_story(self) -> None:
        call, web = self.release("c1", "r1", "call"), self.release("c1", "r2", "web")
        self.now += timedelta(hours=1)
        self.respond("c1", call, "accepted", acceptance_id="acc_1")
        self.recall("c1", web, "already_accepted", "acc_1")
        self.accept("c1", "acc_1")
        self.settle("c1", "acc_1", call)
        self.ask("c1", "r3")
        self.enter("c1", "contact.suppressed", request_id="r3", because={"reason": "already_accepted"})
        self.end("r3", "suppressed", because={"reason": "already_accepted"})

    def _second_story(self) -> None:
        stopped = self.release("c2", "r4", "call", campaign_id="spring")
        self.now += timedelta(hours=2)
        self.recall("c2", stopped, "campaign_stopped", "spring")
        branch = self.release("c2", "r5", "branch")
        self.respond("c2", branch, "refused")
        until = to_micros(self.now + timedelta(days=30))
        standing = self.row("touchpoint", "standings", customer_id="c2")
        standing["body"]["c"] = [[until, "offer", "o1", "rest", "refused"]]
        standing["body"]["s"] = {"o1": [to_micros(self.now), "refused", "branch", None]}
        self.ask("c2", "r6")
        retry = self.now + timedelta(days=30)
        because = {"reason": "cool_down", "rule": "rest"}
        self.enter("c2", "contact.deferred", request_id="r6", because=because, retry_at=retry.isoformat())
        self.end("r6", "live", because=because, next_look=retry)
        standing["live"] = 1

    def _erased(self) -> None:
        self.log.bury("profile.customers", "c9", START)
        digest = hashlib.sha256(b"c9").digest()
        self.rows("profile", "erasures").append({"digest": digest, "version": 1, "erased_at": START})

    # --- the check

    async def store(self, connections: Mapping[str, Connection]) -> None:
        """Write all rows; what was sent counts as read unless positions are there already."""
        if "consumer_positions" not in self.tables["touchpoint"]:
            for topic, group in GROUPS.items():
                end = (await self.log.ends(topic))[0]
                place = {"consumer_group": group, "topic": topic, "partition": 0}
                self.rows("touchpoint", "consumer_positions").append(place | {"next_offset": end})
        for service, tables in self.tables.items():
            for table in sorted(tables, key=lambda table: _ORDER.get(table, 1)):
                for row in tables[table]:
                    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
                    names = ", ".join(row)
                    await connections[service].execute(
                        f"insert into {table} ({names}) values ({places})", *row.values()
                    )

    async def check(self, connections: Mapping[str, Connection]) -> Findings:
        """Store the world and look at it."""
        await self.store(connections)
        return await prove(connections, self.log)


_ORDER = {"policies": 0, "offers": 0, "policy_activations": 2}
"""Tables that others refer to come first."""
