"""The rules of sending: classes, lanes, outcomes; tables and steps, no input or output."""
