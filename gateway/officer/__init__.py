"""The officers' side of a node: local API, client, commands."""
