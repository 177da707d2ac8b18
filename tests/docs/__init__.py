"""The docs: that their commands run, their links lead somewhere, and their generated pages are what the code says."""
