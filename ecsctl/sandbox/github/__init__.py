"""The GitHub that the sandbox's AWS looks at."""
