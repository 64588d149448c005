"""Borrowed parts of the desk, one module a part: each may be replaced without the rest."""
