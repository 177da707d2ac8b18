"""The tables of ecsctl.toml, a file for each: options with their defaults, limits and descriptions."""
