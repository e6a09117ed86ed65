"""The `rapport` command: everything an operator does, and the demo that shows the product at work."""
