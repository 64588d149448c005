"""All cryptography of A35: one suite, from two libraries, behind names of this package."""
