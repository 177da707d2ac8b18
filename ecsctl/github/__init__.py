"""The way from GitHub: the checkout here, the branch that is built, the token, and the connection."""
