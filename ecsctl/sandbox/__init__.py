"""The embedded AWS: a moto server on loopback, plus what moto lacks or gets wrong."""
