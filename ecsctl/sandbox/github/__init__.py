"""The GitHub that the sandbox's AWS talks to."""
