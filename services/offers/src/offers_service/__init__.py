"""The offers service: what may be offered, in which order, and who accepted it."""

SOURCE = "offers"
"""Of every event of this service."""
