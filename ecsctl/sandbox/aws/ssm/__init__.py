"""The behaviour of Systems Manager that moto lacks: sessions into tasks. Nothing is imported here, since ECS imports
the parameters from this package.
"""
