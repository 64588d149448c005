"""What an operator does without a running node, and the directory's offline commands."""
