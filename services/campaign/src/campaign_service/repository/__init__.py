"""All SQL of the campaign service."""
