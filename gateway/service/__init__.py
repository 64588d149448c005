"""One use case a module; knows ports only."""
