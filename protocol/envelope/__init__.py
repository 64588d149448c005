"""The envelope: header in clear, wraps, padded and sealed content."""
