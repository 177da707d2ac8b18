"""What the product sends: every call of every command, held against AWS's own models of its services."""
