"""All SQL of the touchpoint service, by what it serves."""
