"""Use cases: each loads facts, asks the pure rules, and records what follows. None commits."""
