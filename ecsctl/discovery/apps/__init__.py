"""Chooses among several apps, or several Dockerfiles, of one repository."""
