"""Invariants 5, 7, 9 and 10 as far as they show in the tables of the services: each as a question to a database."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.db import Connection
from rapport_cli.checker.findings import Findings, Progress
from rapport_cli.checker.heard import ACCEPTANCES, POLICIES, REQUESTS, Heard, Positions, forgotten_digest
from rapport_cli.checker.logs import Log
from rapport_cli.checker.streams import by_key

Databases = Mapping[str, Connection]

_LEDGER = """
select offer_id, 'has ' || accepted || ' accepted of a stock of ' || total from stock where accepted > total
union all
select a.offer_id, 'has ' || count(*) || ' acceptances for a stock of ' || s.total
from acceptances a join stock s using (offer_id)
where a.state = 'accepted' group by a.offer_id, s.total having count(*) > s.total
union all
select s.offer_id, 'counts ' || s.accepted || ' accepted, the ledger has ' || count(a)
from stock s left join acceptances a on a.offer_id = s.offer_id and a.state = 'accepted'
group by s.offer_id, s.accepted having s.accepted <> count(a)
union all
select customer_id, 'has ' || count(*) || ' standing acceptances of ' || offer_id || ', term ' || term
from acceptances where state = 'accepted' group by customer_id, offer_id, term having count(*) > 1
union all
select a.offer_id, 'was accepted, and has no stock' from acceptances a
where a.state = 'accepted' and not exists (select from stock s where s.offer_id = a.offer_id)
"""


async def ledger(databases: Databases, findings: Findings) -> None:
    """Invariant 5."""
    for key, what in await databases["offers"].fetch(_LEDGER):
        findings.add(5, key, what)


_VERSIONED = "select id, version, md5(doc::text) from {table} order by id {{collate}}"
_CUSTOMERS = "select customer_id, version, md5(doc::text) from customers order by customer_id {collate}"
_PLAN_HEADER = """
select {id}, version, md5(concat_ws(' ', state, {doc}->>'name', {doc}->>'goal', {doc}->>'contact_class'))
from {table} order by {id} {{collate}}
"""
_PLANS = _PLAN_HEADER.format(id="campaign_id", doc="plan", table="campaigns")
_REPLICATED_PLANS = _PLAN_HEADER.format(
    id="id", doc="doc", table="(select id, version, doc->>'state' as state, doc from replica_plans) as p"
)
_REPLICAS = (
    ("touchpoint", "replica_customers", "profile", _CUSTOMERS),
    ("offers", "replica_customers", "profile", _CUSTOMERS),
    ("campaign", "replica_customers", "profile", _CUSTOMERS),
    ("touchpoint", "replica_offers", "offers", _VERSIONED.format(table="catalogue")),
    ("campaign", "replica_offers", "offers", _VERSIONED.format(table="catalogue")),
    ("touchpoint", "replica_plans", "campaign", _PLANS),
)


async def replicas(databases: Databases, findings: Findings, progress: Progress) -> None:
    """Invariant 7: each replica against the newest state of its source."""
    for number, (service, table, source, query) in enumerate(_REPLICAS):
        progress("replicas", number, len(_REPLICAS))
        own = _REPLICATED_PLANS if table == "replica_plans" else _VERSIONED.format(table=table)
        pair = {"source": (databases[source], query), "replica": (databases[service], own)}
        async for key, rows in by_key(pair):
            if not rows["replica"]:
                findings.add(7, key, f"is in {source}, but not in {service}'s {table}")
            elif not rows["source"]:
                findings.add(7, key, f"is in {service}'s {table}, but not in {source}")
            elif rows["replica"][0][1] != rows["source"][0][1]:
                versions = rows["source"][0][1], rows["replica"][0][1]
                findings.add(7, key, f"has version {versions[0]} in {source}, {versions[1]} in {service}'s {table}")
            elif rows["replica"][0][2] != rows["source"][0][2]:
                findings.add(7, key, f"says something else in {service}'s {table} than in {source}")
    progress("replicas", len(_REPLICAS), len(_REPLICAS))


async def at_rest(databases: Databases, log: Log, positions: Mapping[str, Positions], findings: Findings) -> None:
    """Invariants 7 and 8: nothing waits to be sent or recalled, and everything that was sent has been read."""
    for service, connection in databases.items():
        for topic, count in await connection.fetch(
            "select topic, sum(events) from outbox group by topic order by topic"
        ):
            findings.add(7, topic, f"{count} events wait in the outbox of {service}")
        ends: dict[str, dict[int, int]] = {}
        for (group, topic, partition), position in sorted(positions[service].items()):
            if topic not in ends:
                ends[topic] = await log.ends(topic)
            behind = ends[topic].get(partition, 0) - position
            if behind:
                findings.add(7, group, f"is {behind} behind on {topic}[{partition}]: the system is not at rest")
    for contact_id, reason in await databases["touchpoint"].fetch("select contact_id, reason from recalls_due"):
        findings.add(8, contact_id, f"is still to be recalled: {reason}")


_ASKED = """
select customer_id, request_id, 'request ' || request_id from attempts
where requested_at is not null order by customer_id {collate}
"""
_LEDGERED = """
select customer_id, acceptance_id || ':' || status, 'that ' || acceptance_id || ' was ' || status
from acceptances, unnest(case when state = 'revoked' then array['accepted', 'revoked'] else array[state] end) as status
order by customer_id {collate}
"""


_IN_FORCE = """
select policy_id, version from policy_activations where announced order by since desc, number desc limit 1
"""
"""What has come into force by now: whatever has is announced, because the system is at rest."""


async def published(databases: Databases, heard: Heard, findings: Findings) -> None:
    """Invariant 7: what campaign, offers and touchpoint have committed besides documents is on the topics.

    Where the beginning of a topic has been deleted, nothing can be said of what is missing.
    """
    for service, query, topic in (("campaign", _ASKED, REQUESTS), ("offers", _LEDGERED, ACCEPTANCES)):
        if heard.truncated[topic]:
            continue
        async for customer_id, rows in by_key({"": (databases[service], query)}):
            said = set(heard.said[topic].get(customer_id, ())[::2])
            for row in rows[""]:
                if hash(row[1]) not in said:
                    findings.add(7, customer_id, f"{row[2]}, is not on {topic}")
    for policy_id, version in await databases["touchpoint"].fetch(_IN_FORCE):
        told = heard.policies.get(policy_id)
        if told != version:
            findings.add(7, policy_id, f"version {version} is in force, {POLICIES} says {told}")


_COLUMNS = """
select table_name, column_name
from information_schema.columns join information_schema.tables using (table_schema, table_name)
where table_schema = 'public' and table_type = 'BASE TABLE'
    and (column_name = 'customer_id'
        or (column_name = 'id' and table_name in ('replica_customers', 'customer_documents')))
order by table_name
"""
_DIGEST = "sha256(convert_to({}, 'UTF8'))"
"""As profile remembers whom it has erased."""
_LISTED = f"""
select id, campaign_id
from campaigns, jsonb_array_elements_text(
    case when jsonb_typeof(plan #> '{{audience,list}}') = 'array' then plan #> '{{audience,list}}' end) as id
where {_DIGEST.format("id")} = any($1)
"""


async def erasures(profile: Connection) -> frozenset[bytes]:
    """Digests of all who were ever erased."""
    return frozenset(row[0] for row in await profile.fetch("select digest from erasures"))


async def erased(databases: Databases, ever: frozenset[bytes], heard: Heard, findings: Findings) -> None:
    """Invariant 9: in every table of every service that names customers. Logs and backups are not looked at."""
    alive = await databases["profile"].fetch(f"select {_DIGEST.format('customer_id')} from customers")
    gone = ever - {row[0] for row in alive} | {forgotten_digest(customer_id) for customer_id in heard.erased}
    if not gone:
        return
    for service, connection in databases.items():
        for table, column in await connection.fetch(_COLUMNS):
            rows = await connection.fetch(
                f"select {column}, count(*) from {table} where {_DIGEST.format(column)} = any($1) group by 1", gone
            )
            for customer_id, count in rows:
                findings.add(9, customer_id, f"was erased, and has {count} rows in {table} of {service}")
    for customer_id, campaign_id in await databases["campaign"].fetch(_LISTED, gone):
        findings.add(9, customer_id, f"was erased, and is in the list of {campaign_id}")


_APPROVALS = {
    "touchpoint": """
select policy_id, 'version ' || version || ' was written or submitted, and approved, by ' || approved_by
from policy_versions where approved_by in (author, submitted_by)
union all
select a.policy_id, 'version ' || a.version || ' came into force and was never approved'
from policy_activations a join policy_versions v using (policy_id, version)
where a.cancelled_at is null and v.approved_by is null
union all
select a.policy_id, 'version ' || a.version || ' came into force by its author or submitter, ' || a.approved_by
from policy_activations a join policy_versions v using (policy_id, version)
where a.approved_by in (v.author, v.submitted_by) and a.approved_by is distinct from v.approved_by
""",
    "campaign": """
select campaign_id, 'was written and approved by ' || approved_by from campaigns where approved_by = any(authors)
union all
select campaign_id, 'is ' || state || ' and was never approved' from campaigns
where approved_by is null and started_at is not null
""",
}


async def approvals(databases: Databases, findings: Findings) -> None:
    """Invariant 10, for contact policies and campaigns."""
    for service, question in _APPROVALS.items():
        for key, what in await databases[service].fetch(question):
            findings.add(10, key, what)


async def positions(connection: Connection) -> dict[tuple[str, str, int], int]:
    """How far each group of a service has read."""
    rows = await connection.fetch("select consumer_group, topic, partition, next_offset from consumer_positions")
    return {(row[0], row[1], row[2]): row[3] for row in rows}
