"""The embedded AWS: a moto server on loopback, plus what moto lacks or gets wrong.

Moments (`now`, `t`, `at`, `when`, `since`) are seconds since 1970 by the sandbox's clock (`core.clock`), and durations
are its seconds, unless a docstring says otherwise.
"""
