"""GitHub: the local checkout, the branch that is built, the token, and the connection."""
