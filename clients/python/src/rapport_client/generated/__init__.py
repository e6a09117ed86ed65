"""What `make clients` writes: types and operations of each service."""
