"""Witnesses: cosigning other nodes' logs, asking for cosignatures, and when they suffice."""
