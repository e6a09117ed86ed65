"""The independent checker: proves from the four databases and the topics that the invariants hold.

It is written from what the documents say, not from the services: it imports nothing of them, nor the rules or the
ranking that the gate uses, so that a mistake made there is not made again here. What it cannot see it does not judge:
whether a customer was eligible for an offer, caches, backups, and an audit log.

What the invariants are is in `findings`; `words` reads a policy, `life` a timeline, `standings` what is stored beside
it, `heard` the topics, `others` the tables of the services.
"""

from rapport_cli.checker.check import check, figures
from rapport_cli.checker.findings import INVARIANTS, Figures, Findings, Violation

__all__ = ["INVARIANTS", "Figures", "Findings", "Violation", "check", "figures"]
