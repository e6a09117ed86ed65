"""The use cases of the offers service."""
