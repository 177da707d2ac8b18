"""What holds for roles, logs, bucket and delivery beyond the contract."""

from ecsctl.sandbox.snapshot.taking import snapshot
from tests.rows.delivery import ALL, CANARY, stack_of


def test_no_secret_reaches_the_record_the_plan_or_a_tag(cloud):
    plan = cloud.up(stack_of(*ALL))
    assert CANARY not in repr(plan)
    assert CANARY not in "".join(path.read_text() for path in cloud.folder.iterdir())
    assert CANARY not in str(snapshot())
