"""A bucket's name stays taken for a while after its deletion, and new buckets may be found late."""

from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends

from ecsctl.sandbox.core import clock, congestion, overlay, script

# S3 guide, "Deleting a bucket": a deleted name "might not be available for some time". In practice up to an hour and
# more; twenty seconds here, so that a test of down and up need not wait that long. `block_deleted_names` changes it.
BLOCKED = 20.0


@dataclass
class Names:
    """When each bucket was deleted or created, in sandbox time, and for how many seconds that has an effect."""

    deleted: dict[str, float] = field(default_factory=dict)
    made: dict[str, float] = field(default_factory=dict)
    blocked: float = BLOCKED
    hidden: float = 0.0


def memory(account_id: str) -> Names:
    """The state of an account's bucket names."""
    return overlay.memory(s3_backends[account_id]["aws"], Names)


@script.switch
def block_deleted_names(seconds: float, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Refuse a deleted bucket's name for `seconds` of sandbox time; on AWS it is about 3600."""
    memory(account_id).blocked = seconds


@script.switch
def hide_new_buckets(seconds: float, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Return NoSuchBucket for `seconds` of sandbox time after a bucket was created. The default is 0.

    S3 guide, "Amazon S3 data consistency model": bucket configurations are eventually consistent.
    """
    memory(account_id).hidden = seconds


@overlay.wraps(S3Backend, "create_bucket")
def free_again(original: Any, self: S3Backend, bucket_name: str, *args: Any, **kwargs: Any) -> FakeBucket:
    """Refuse a name that was deleted a moment ago, and remember when the bucket was created."""
    names = memory(self.account_id)
    if clock.now() - names.deleted.get(bucket_name, float("-inf")) < names.blocked:
        raise S3ClientError(congestion.BUCKET_BUSY.code, congestion.BUCKET_BUSY.message)
    made: FakeBucket = original(bucket_name, *args, **kwargs)
    names.made[bucket_name] = clock.now()
    return made


@overlay.wraps(S3Backend, "delete_bucket")
def gone(original: Any, self: S3Backend, bucket_name: str) -> Any:
    """Delete its tags with it, and keep its name taken for a while."""
    bucket = self.get_bucket(bucket_name)
    answer = original(bucket_name)
    self.tagger.delete_all_tags_for_resource(bucket.arn)  # or a new bucket of this name would have them
    memory(self.account_id).deleted[bucket_name] = clock.now()
    return answer
