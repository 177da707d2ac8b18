"""The endpoint and the credentials of the sandbox's AWS."""

REGION = "eu-central-1"
ACCOUNT = "123456789012"

# Credentials for tests in one process. Never valid on AWS; twenty characters, like an access key id.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIASANDBOXSANDBOX00", "AWS_SECRET_ACCESS_KEY": "sandbox"}
NO_CONTAINERS = "ECSCTL_CONTAINERS"  # the environment variable that says with `0` that no engine is to run anything
NO_REGISTRY = "ECSCTL_REGISTRY"  # the one that says with `0` that images stay in the engine, though a registry is here
