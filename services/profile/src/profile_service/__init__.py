"""The profile service: who the customer is, and what they consented to."""
