"""A throw-away network on this machine, and the example cases that travel through it."""
