"""What travels over the officers' local API, for server and client alike."""
