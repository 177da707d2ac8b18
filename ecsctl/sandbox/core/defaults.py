"""Where the sandbox's AWS is, and who asks there."""

REGION = "eu-central-1"

# What tests in one process sign with. Never valid on AWS; twenty characters, as an access key id has.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIASANDBOXSANDBOX00", "AWS_SECRET_ACCESS_KEY": "sandbox"}
NO_CONTAINERS = "ECSCTL_CONTAINERS"  # the environment variable that says with `0` that no engine is to run anything
NO_REGISTRY = "ECSCTL_REGISTRY"  # the one that says with `0` that images stay in the engine, though a registry is here
