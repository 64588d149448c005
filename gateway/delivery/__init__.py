"""Carries what is queued: claim, load, send, settle; the rules live in protocol.delivery."""
