"""Runs builds: the commands of a buildspec, and the tools that they use."""
