"""The sandbox's server as a background process: start, find, stop. Imports neither moto nor boto3."""

from collections.abc import Mapping

# Never valid on AWS. Twenty characters, as an access key id has, so that moto finds it in a signature.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIASANDBOXSANDBOX00", "AWS_SECRET_ACCESS_KEY": "sandbox"}


def without_leaks(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without any setting through which real credentials, profiles or endpoints could get in.

    Everything called AWS_* goes, but for the region; the shared files are pointed at nothing. The names are those of
    the AWS SDKs and Tools Reference Guide, "Environment variables list".
    """
    kept = ("AWS_REGION", "AWS_DEFAULT_REGION")
    clean = {name: value for name, value in environment.items() if not name.startswith("AWS_") or name in kept}
    return clean | {
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
