"""The offers service: what may be offered, in which order, and who accepted it."""
