"""All SQL of the service, one module per family of tables."""
