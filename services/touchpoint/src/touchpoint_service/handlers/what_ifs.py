"""What-ifs: asked for, replayed part by part, and told.

What always holds:
- a what-if reads the past and writes nothing but its own job: no standing, request, contact, timeline or outbox;
- it compares two runs over the same facts: the document that is tried, and the version that was in force when it was
  asked for;
- the document is kept with the job, so that a result says what it says whatever becomes of the draft.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from rapport.clock import from_micros, to_micros
from rapport.db import Connection
from rapport.errors import Conflict, NotFound
from rapport.ids import new_id
from rapport.ranking import Offer
from touchpoint_service.domain.effects import NO_POLICY, begin
from touchpoint_service.domain.facts import Customer, Request
from touchpoint_service.domain.past import DEFERRED, LASTING, RELEASED, Happening, Past, read
from touchpoint_service.domain.planned import Planned
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.standing import RETENTION
from touchpoint_service.domain.what_if import Run
from touchpoint_service.domain.what_if_tally import IN_FORCE, TRIED, Tally, count_customer
from touchpoint_service.handlers.policies import get_version
from touchpoint_service.repository import past as reading
from touchpoint_service.repository import policies, what_ifs

SHOWN_WITH_VERSION = 10

LONGEST = timedelta(days=92)
"""The longest time that can be replayed; no rule looks further back than that either."""


class NoPolicyInForce(Conflict):
    """There is nothing to compare with: no policy is in force."""


class AlreadyFinished(Conflict):
    """The what-if is done, has failed or was cancelled before."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: over which time, and with which campaign on top."""

    since: datetime
    until: datetime
    planned: dict[str, Any] | None


async def ask(
    conn: Connection, policy_id: str, version: int | None, question: Question, author: str, now: datetime
) -> Any:
    """Put down a what-if of a version or, with `version` None, of the draft as it stands; the job.

    Raises:
        NotFound: no such policy or version.
        NoPolicyInForce: there is nothing to compare with.
    """
    revision = None
    if version is None:
        row = await policies.draft(conn, policy_id)
        if row is None:
            raise NotFound(f"there is no policy {policy_id}")
        document, revision = row["draft"], row["revision"]
    else:
        document = (await get_version(conn, policy_id, version, now))["document"]
    baseline = await policies.in_force(conn, now)
    if baseline is None:
        raise NoPolicyInForce("no policy is in force to compare with")
    what_if_id = new_id("wif", now)
    job = {
        "what_if_id": what_if_id,
        "policy_id": policy_id,
        "version": version,
        "revision": revision,
        "document": document,
        "baseline_id": baseline["policy_id"],
        "baseline_version": baseline["version"],
        "since": question.since,
        "until": question.until,
        "planned": None if question.planned is None else question.planned | {"customers": None},
        "asked": None if question.planned is None else question.planned["customers"],
        "author": author,
        "created_at": now,
    }
    await what_ifs.add(conn, job)
    return await get(conn, policy_id, what_if_id)


async def get(conn: Connection, policy_id: str, what_if_id: str) -> Any:
    """One what-if, with its result once it is done.

    Raises:
        NotFound: no such what-if of this policy.
    """
    row = await what_ifs.what_if(conn, policy_id, what_if_id)
    if row is None:
        raise NotFound(f"policy {policy_id} has no what-if {what_if_id}")
    return row


async def tried(conn: Connection, policy_id: str, version: int) -> list[dict[str, Any]]:
    """The newest what-ifs of a version's document, in short, for who is to approve it."""
    rows = await what_ifs.what_ifs(conn, policy_id, version, None, SHOWN_WITH_VERSION)
    names = {"what_if_id": "what_if_id", "state": "state", "since": "from", "until": "until"}
    names |= {"author": "author", "created_at": "created_at"}
    return [{shown: row[name] for name, shown in names.items()} for row in rows]


async def cancel(conn: Connection, policy_id: str, what_if_id: str, now: datetime) -> None:
    """End one that is not finished; whoever works on it stops within seconds.

    Raises:
        NotFound: no such what-if.
        AlreadyFinished: it is over.
    """
    await get(conn, policy_id, what_if_id)
    if not await what_ifs.cancel(conn, policy_id, what_if_id, now):
        raise AlreadyFinished(f"what-if {what_if_id} is over")


async def plan_parts(conn: Connection, job: Any, size: int) -> None:
    """Divide a job into ranges of at most `size` customers, unless that was done before."""
    is_divided, asked = await what_ifs.audience(conn, job["what_if_id"])
    if is_divided:
        return
    if job["planned"] is not None and asked is None:
        asked = await reading.some_customers(conn, job["planned"]["count"])
    found = await reading.ranges(conn, to_micros(job["since"]), size, asked or [])
    ends = [None, *(last for last, _ in found)]
    parts = [(after, upto, number) for after, (upto, number) in zip(ends, found, strict=False)]
    await what_ifs.plan_parts(conn, job["what_if_id"], job["attempt"], asked, parts)


class Replayer:
    """What the replay of a job needs for every part: both policies, offers and plans, read once."""

    def __init__(
        self,
        runs: Mapping[str, Policy],
        since: int,
        until: int,
        planned: Planned | None,
        offers: Mapping[str, Offer],
        plans: Mapping[str, str],
        activations: Sequence[tuple[datetime, Policy]],
    ) -> None:
        self._policies = runs
        self._since = since
        self._until = until
        self._planned = planned
        self._offers = offers
        self._plans = dict(plans)
        if planned is not None:
            self._plans[planned.campaign_id] = "running"
        self._changes = [to_micros(at) for at, _ in activations]
        self._in_force = [policy for _, policy in activations]

    @classmethod
    async def of(cls, conn: Connection, job: Mapping[str, Any]) -> Replayer:
        """For a job as it is stored."""
        tried = Policy(job["policy_id"], job["version"] or 0, PolicyDocument.model_validate(job["document"]))
        baseline = await policies.policy_version(conn, job["baseline_id"], job["baseline_version"], None)
        return cls(
            {TRIED: tried, IN_FORCE: baseline},
            to_micros(job["since"]),
            to_micros(job["until"]),
            Planned.of(job["planned"]),
            {document.offer_id: Offer.of(document) for document in await reading.offers(conn)},
            await reading.plans(conn),
            await reading.activations(conn, job["until"]),
        )

    async def part(self, conn: Connection, after: str | None, upto: str | None) -> Tally:
        """What is counted over the customers of a range."""
        tally: Tally = Counter()
        for past in await self.pasts(conn, after, upto):
            self.count(tally, past)
        return tally

    async def pasts(self, conn: Connection, after: str | None, upto: str | None) -> list[Past]:
        """The past of each customer of a range."""
        since = self._since
        rows = await reading.timelines(
            conn,
            after,
            upto,
            remembered=from_micros(since - RETENTION),
            until=from_micros(self._until),
            lasting=[f"touchpoint.{kind}.v1" for kind in LASTING],
        )
        happenings = {c: list(map(_happening, own)) for c, own in groupby(rows, key=lambda row: row["customer_id"])}
        wanted = {i for own in happenings.values() for i in _to_look_up(own, since)}
        found: dict[str, dict[str, Request]] = defaultdict(dict)
        for request in await reading.requests(conn, after, upto, sorted(wanted)):
            found[request.customer_id][request.request_id] = request
        popups = await reading.popups(conn, sorted(i for i in wanted if i.startswith("pop_")))
        customers = {d["customer_id"]: Customer.of(d) for d in await reading.documents(conn, after, upto)}
        asked = () if self._planned is None else self._planned.places
        inside = {c for c in asked if (after is None or c > after) and (upto is None or c <= upto)}
        return [
            read(c, customers.get(c), happenings.get(c, ()), found.get(c, {}), since, popups)
            for c in sorted({*happenings, *found, *inside})
        ]

    def count(self, tally: Tally, past: Past) -> None:
        """Replay one customer under each policy and add up what came of it."""
        runs = self.runs(past)
        zone = None if past.customer is None else past.customer.zone
        real = sum(
            not contact.yielded and self._since <= contact.released.at < self._until for contact in past.by_id.values()
        )
        count_customer(tally, runs, real, zone or self._policies[IN_FORCE].zone)

    def runs(self, past: Past) -> dict[str, Run]:
        """One customer's life under each policy."""
        life = begin(past, self._policy_at, self._offers, self._since)
        planned = [] if self._planned is None else self._planned.requests(past.customer_id)
        return {
            name: Run(past, life.copy(), policy, self._plans, self._since, self._until, planned).finish()
            for name, policy in self._policies.items()
        }

    def _policy_at(self, at: int) -> Policy:
        place = bisect_right(self._changes, at)
        return self._in_force[place - 1] if place else NO_POLICY


def _happening(row: Any) -> Happening:
    kind = row["type"].partition(".")[2].rpartition(".")[0]
    return Happening(
        row["seq"], to_micros(row["at"]), kind, row["request_id"], row["contact_id"], row["channel"], row["body"]
    )


def _to_look_up(happenings: Iterable[Happening], since: int) -> set[str]:
    """The requests that matter: those of the time that is replayed, and those that waited or were out before it."""
    wanted = {h.request_id for h in happenings if h.at >= since}
    last = {h.request_id: h.kind for h in happenings if h.at < since}
    wanted |= {request_id for request_id, kind in last.items() if kind in (RELEASED, DEFERRED)}
    return {request_id for request_id in wanted if request_id is not None}
