"""What tests, the demo and the benches stand on: real servers as child processes, and the system as a user runs it.

Nothing of a running service imports this package.
"""
