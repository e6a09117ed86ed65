"""Rapport: one contact timeline and one contact budget per customer, across every channel."""
