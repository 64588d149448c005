"""The only place with SQL: one writer, whole transactions, the log on disk."""
