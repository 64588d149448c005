"""The signed directory: a trusted client for nodes, a publishing tool for its owners."""
