"""What `entrepot scan` is made of: which files, looked at by whom, over which network."""
