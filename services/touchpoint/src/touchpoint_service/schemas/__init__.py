"""The bodies that touchpoint's routes take. What comes back is built from stored facts and described in the routes."""
