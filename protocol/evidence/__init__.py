"""What proves what: the ladder of a message, who saw a statement, and what follows from it."""
