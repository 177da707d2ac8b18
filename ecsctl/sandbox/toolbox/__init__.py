"""What stands in for `docker` and `aws` in a build of the sandbox: programs in `tools`, answers in `answers`."""
