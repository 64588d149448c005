"""The officers' commands, one module a group of verbs."""
