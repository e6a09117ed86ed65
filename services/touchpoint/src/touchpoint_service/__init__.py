"""The touchpoint service: whether a contact may happen now, and everything that did."""
