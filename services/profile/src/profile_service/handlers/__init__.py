"""The use cases. Each gets a connection inside a transaction, and `now`; none commits."""
