"""Node to node over mutual TLS 1.3: server, bounded reader, transport."""
