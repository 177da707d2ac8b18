from tests.docs.shop import running

__all__ = ["running"]
