"""The rules of the acceptance ledger: pure, from facts to verdicts."""
