"""The a35/1 protocol without clock, socket, disk or event loop: docs/wire-format.md in code."""
