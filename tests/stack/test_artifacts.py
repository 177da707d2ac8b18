"""`down` when the pipeline has run: what it left in the artifact bucket goes, and is named before."""

from __future__ import annotations

from ecsctl.engine.plan import Plan
from ecsctl.sandbox import push
from tests.stack.conftest import ACCOUNT, REGION, World, same

BUCKET = f"hello-artifacts-{ACCOUNT}-{REGION}"


def test_artifacts_old_versions_markers_and_open_uploads_all_go(world: World) -> None:
    before = world.running()
    push.push("main")
    world.clock.sleep(3600)
    s3 = world.boto("s3")
    source, *_, build = sorted(one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"])[::-1]
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key=build, Body=b"newer")
    s3.delete_object(Bucket=BUCKET, Key=source)
    s3.create_multipart_upload(Bucket=BUCKET, Key="never/finished")
    plans: list[Plan] = []
    world.down(agree=plans.append)
    assert [step.reason for step in plans[0].steps if step.name == "artifacts"] == ["5 objects"]
    same(before, world.exact())


def test_a_build_that_still_runs_when_all_is_taken_down_leaves_nothing(world: World) -> None:
    before = world.running()
    push.push("main")
    world.clock.sleep(20)
    codebuild = world.boto("codebuild")
    assert codebuild.batch_get_builds(ids=codebuild.list_builds()["ids"])["builds"][0]["buildStatus"] == "IN_PROGRESS"
    world.down()
    world.clock.sleep(3600)
    same(before, world.exact())
