"""A whole network in one process under virtual time, with faults drawn from a seed."""
