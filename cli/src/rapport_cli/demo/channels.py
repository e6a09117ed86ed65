"""The channels of the demo: dialers, branch advisers, the hotline and the web shop, each through the public interface.

What always holds: within one step each customer has to do with one channel only, and channels come after one another
with a settled system between them; so it does not matter who of all the customers is answered first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime
from typing import Any

from rapport.contracts.channel import OutcomeReported
from rapport.contracts.vocabulary import Outcome
from rapport_cli.demo.behaviour import Behaviour, Visit
from rapport_cli.demo.tally import Tally
from rapport_cli.desk import Desk, Person
from rapport_cli.replay.wire import Post

DIALER = Person("outbound_agent", "dialer-1")
ADVISER = Person("branch_agent", "adviser-7")
HOTLINE = Person("hotline_agent", "hotline-3")
SHOP = Person("storefront", "web-shop")

LEASE_SECONDS = 3600
CALLS_AT_ONCE = 400
TASKS_AT_ONCE = 12
_AT_ONCE = 16
"""Customers answered side by side."""

_CONFLICT = (409,)
"""Somebody was faster, or the contact was recalled: an answer of the domain, and part of the game."""


class Channels:
    """All channels at work."""

    def __init__(self, desk: Desk, post: Post, tally: Tally, behaviour: Behaviour) -> None:
        self._desk = desk
        self._post = post
        self._tally = tally
        self._behaviour = behaviour
        self._tasks: list[dict[str, Any]] = []

    async def fetch_tasks(self) -> list[tuple[str, str]]:
        """Dialer and branch take what they can do now: (customer, request). Of two for one customer one goes back."""
        calls = await self._lease("call", CALLS_AT_ONCE, DIALER)
        todos = await self._lease("branch", TASKS_AT_ONCE, ADVISER)
        taken: dict[str, dict[str, Any]] = {}
        for task in (*calls, *todos):
            if task["customer_id"] in taken:
                who = DIALER if task["channel"] == "call" else ADVISER
                await self._desk.call("touchpoint", "DELETE", f"/leases/{task['contact_id']}", by=who)
            else:
                taken[task["customer_id"]] = task
        self._tasks = list(taken.values())
        return [(task["customer_id"], task["request_id"]) for task in self._tasks]

    async def receive(self, visits: Iterable[Visit], now: datetime) -> None:
        """Customers turn up: they look at the web shop, walk into a branch, or ring the hotline."""
        await _side_by_side([self._web(visit) if visit.door == "web" else self._pop_up(visit, now) for visit in visits])

    async def work(self, now: datetime) -> None:
        """The tasks that were fetched are done and reported, unless they were recalled meanwhile."""
        tasks, self._tasks = self._tasks, []
        by_hand = []
        for task in tasks:
            if task["contact_id"] in self._tally.taken_back:
                by_hand.append(self._answer_recall(task))
            elif task["channel"] == "call":
                self._report_call(task, now)
            else:
                by_hand.append(self._report_task(task))
        await self._post.send()
        await _side_by_side(by_hand)

    async def _lease(self, channel: str, limit: int, by: Person) -> list[dict[str, Any]]:
        wanted = {"limit": limit, "seconds": LEASE_SECONDS}
        answer = await self._desk.call("touchpoint", "POST", f"/channels/{channel}/leases", wanted, by=by)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def _report_call(self, task: dict[str, Any], now: datetime) -> None:
        """A dialer reports in bulk, on `channel.events`."""
        customer_id, request_id = task["customer_id"], task["request_id"]
        outcome = self._behaviour.on_the_phone(customer_id, request_id)
        body: dict[str, Any] = {
            "outcome_id": f"dial.{request_id}",
            "customer_id": customer_id,
            "contact_id": task["contact_id"],
            "outcome": outcome.value,
            "at": now,
            "agent": DIALER.name,
        }
        if outcome is Outcome.CALL_BACK:
            body["call_back_at"] = self._behaviour.call_back(customer_id, request_id, now)
        self._accepts(outcome.value, customer_id, task["goal"])
        self._post.put(OutcomeReported, customer_id, body["outcome_id"], now.isoformat(), body)

    async def _report_task(self, task: dict[str, Any]) -> None:
        """An adviser reports each to-do when it is done."""
        outcome = self._behaviour.at_a_task(task["customer_id"], task["request_id"])
        self._accepts(outcome.value, task["customer_id"], task["goal"])
        said = {"outcomes": [{"outcome": outcome.value, "outcome_id": f"todo.{task['request_id']}"}]}
        await self._desk.call("touchpoint", "POST", f"/contacts/{task['contact_id']}/outcomes", said, by=ADVISER)

    async def _answer_recall(self, task: dict[str, Any]) -> None:
        """In time, most often; some calls were already under way and have a result."""
        by, path = DIALER if task["channel"] == "call" else ADVISER, f"/contacts/{task['contact_id']}"
        if not self._behaviour.too_late(task["request_id"]):
            await self._desk.call("touchpoint", "POST", f"{path}/recall-answer", {"answer": "withdrawn"}, by=by)
            return
        await self._desk.call("touchpoint", "POST", f"{path}/recall-answer", {"answer": "too_late"}, by=by)
        said = {"outcomes": [{"outcome": "interested", "outcome_id": f"late.{task['request_id']}"}]}
        await self._desk.call("touchpoint", "POST", f"{path}/outcomes", said, by=by)

    async def _web(self, visit: Visit) -> None:
        """A customer looks at their offers in the web shop, and accepts one, dismisses some, or just looks."""
        customer_id = visit.customer.customer_id
        path = f"/customers/{customer_id}/eligible-offers?channel=web&limit=2"
        offers = (await self._desk.call("offers", "GET", path, by=SHOP)).json()["items"]
        for offer in offers:
            contact_id = offer["contact_id"]
            said = self._behaviour.to_a_banner(visit, offer["offer_id"])
            if said == "accepted":
                self._accepts(said, customer_id, offer["goal"])
                body = {
                    "customer_id": customer_id,
                    "offer_id": offer["offer_id"],
                    "channel": "web",
                    "contact_id": contact_id,
                    "acceptance_id": f"web.{visit.occasion}.{customer_id}",
                }
                await self._desk.call("offers", "POST", "/acceptances", body, by=SHOP, expect=_CONFLICT)
                return
            if contact_id is not None:
                outcome = "dismissed" if said == "dismissed" else "shown"
                told = {"outcomes": [{"outcome": outcome, "outcome_id": f"{contact_id}.{visit.occasion}"[:64]}]}
                await self._desk.call("touchpoint", "POST", f"/contacts/{contact_id}/outcomes", told, by=SHOP)

    async def _pop_up(self, visit: Visit, now: datetime) -> None:
        """A customer sits down at a counter or is on the phone: the agent sees what to offer, and asks."""
        by = ADVISER if visit.door == "branch" else HOTLINE
        appeared = {"channel": visit.door, "place": "branch-7" if visit.door == "branch" else None, "agent": by.name}
        shown = (await self._desk.call("touchpoint", "POST", "/popups", appeared | _identity(visit), by=by)).json()
        answers = self._answers(visit, shown["offers"], now)
        if answers:
            path = f"/popups/{shown['popup_id']}/answers"
            await self._desk.call("touchpoint", "POST", path, {"answers": answers}, by=by)

    def _answers(self, visit: Visit, offers: Sequence[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
        """What is said to the offers shown, in their order, up to the first that is accepted."""
        customer_id = visit.customer.customer_id
        answers = []
        for offer in offers:
            said = self._behaviour.to_an_offer(visit, offer["offer_id"])
            if not said:
                continue
            answer = {"offer_id": offer["offer_id"], "answer": said}
            if said == "later":
                at = self._behaviour.call_back(customer_id, f"{visit.occasion}.{offer['offer_id']}", now)
                answer["call_back_at"] = at.isoformat()
            answers.append(answer)
            self._accepts(said, customer_id, offer["goal"])
            if said == "accepted":
                break
        return answers

    def _accepts(self, said: str, customer_id: str, goal: str) -> None:
        if said == "accepted":
            self._tally.expect_recalls(customer_id, goal)


def _identity(visit: Visit) -> dict[str, str]:
    """How the agent finds the customer: by the number that rings, by the account on the card, or by their id."""
    if visit.door == "hotline" and visit.customer.phone is not None:
        return {"phone": visit.customer.phone}
    if visit.door == "branch":
        return {"account": visit.customer.account}
    return {"customer_id": visit.customer.customer_id}


async def _side_by_side(acts: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it, so many at once; the first failure ends the rest."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(act: Coroutine[Any, Any, None]) -> None:
        async with places:
            await act

    async with asyncio.TaskGroup() as group:
        for act in acts:
            group.create_task(one(act))
