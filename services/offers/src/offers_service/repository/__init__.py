"""All SQL of the offers service, by what it serves.

What always holds: locks are taken in the order customers (by key), stock rows (by offer id), offers. Whoever changes
what is announced of an offer holds its stock row, so under that lock the announced document stands still.
"""
