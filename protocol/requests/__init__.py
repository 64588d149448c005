"""The documents that officers exchange: one strict model a kind, one catalogue, one check."""
