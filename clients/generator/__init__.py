"""Writes the typed part of both clients from the services' OpenAPI documents: `make clients`.

What always holds: the output follows from the routes alone, and running it again changes nothing; both languages get
the same operations under the same names, documented in the words of the routes.
"""
