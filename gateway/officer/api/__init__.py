"""The local HTTP API, one module a resource."""
