"""Everything that is shown to a person. The only package that imports rich."""
