"""Everything the account holds, as one value."""
