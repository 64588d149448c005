"""The log that is the signature: tree, statements, checkpoints, proofs, linking."""
