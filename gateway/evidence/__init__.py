"""Evidence bundles: what is held of one message as one file, and its verification offline."""
