"""Time stamps of RFC 3161 over checkpoints: asked for, verified, kept as they came."""
