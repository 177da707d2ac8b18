import json

import pytest
from ecs_stack import ACCOUNT, Stack

FARGATE = {"Effect": "Allow", "Principal": {"Service": "fargate.amazonaws.com"}, "Resource": "*"}
CLUSTER = {"StringEquals": {"kms:EncryptionContext:aws:ecs:clusterAccount": ACCOUNT,
                            "kms:EncryptionContext:aws:ecs:clusterName": "app"}}  # fmt: skip
DATA = {**FARGATE, "Action": "kms:GenerateDataKeyWithoutPlaintext", "Condition": CLUSTER}
GRANTS = {**FARGATE, "Action": "kms:CreateGrant", "Condition": {
    **CLUSTER, "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}}  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "enabled", "says"),
    [
        ([DATA, GRANTS], True, None),
        ([DATA, GRANTS], False, "is disabled"),
        ([DATA], True, "not authorized to perform: kms:CreateGrant"),
        ([GRANTS], True, "not authorized to perform: kms:GenerateDataKeyWithoutPlaintext"),
    ],
)
def test_a_task_whose_storage_cannot_be_encrypted_does_not_start(aws, clock, statements, enabled, says):
    stack = Stack(aws, clock).everything()
    key = aws("kms").create_key(Policy=json.dumps({"Statement": statements}))["KeyMetadata"]
    storage = {"managedStorageConfiguration": {"fargateEphemeralStorageKmsKeyId": key["Arn"]}}
    stack.ecs.update_cluster(cluster="app", configuration=storage)
    if not enabled:
        aws("kms").disable_key(KeyId=key["KeyId"])
    asked = {name: stack.asked()[name] for name in ("cluster", "taskDefinition", "launchType", "networkConfiguration")}
    [task] = stack.ecs.run_task(**asked)["tasks"]
    clock.sleep(60)
    [shown] = stack.ecs.describe_tasks(cluster="app", tasks=[task["taskArn"]])["tasks"]
    if says is None:
        assert shown["lastStatus"] == "RUNNING"
    else:
        assert (shown["stopCode"], says in shown["stoppedReason"]) == ("TaskFailedToStart", True)
