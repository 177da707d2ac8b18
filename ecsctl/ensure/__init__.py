"""Composes the resources that ecsctl.toml asks for, one function per noun."""
