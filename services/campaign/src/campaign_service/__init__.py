"""The campaign service: whom we would like to contact, and whether it worked."""
