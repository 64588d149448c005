"""Example documents of the demo, as package data; all fictional."""
