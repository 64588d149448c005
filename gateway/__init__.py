"""The shell around the protocol: storage, peers, directory, officers, operators."""
