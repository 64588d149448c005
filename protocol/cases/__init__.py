"""What becomes of a message: the ladder of receipts and the thread it belongs to."""
