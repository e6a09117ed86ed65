"""Measurements against the budgets: `python -m bench [--only NAME ...]` → var/bench/results.json.

Speeds of shared machines differ and drift, so a budget is a ratio to a bare counterpart measured in turn with it in the
same run: A B A B …, the ratio pair by pair. The bare counterpart does the same I/O and no work.
"""
