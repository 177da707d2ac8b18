from ecsctl.sandbox.core import constraints


def test_a_request_within_the_model_has_no_violation():
    assert constraints.violation("codepipeline", "GetPipeline", {"name": "orders-api"}) is None


def test_every_violation_is_reported_in_the_words_of_aws():
    message = constraints.violation("codepipeline", "GetPipeline", {"name": "a b" + "c" * 100})
    assert message is not None
    assert message.startswith("2 validation errors detected: Value 'a b")
    assert r"at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z" in message
    assert message.endswith("Member must have length less than or equal to 100")


def test_a_missing_member_is_null():
    message = constraints.violation("codepipeline", "CreatePipeline", {"pipeline": {"name": "x", "roleArn": "arn"}})
    assert message is not None
    assert "Value null at 'pipeline.stages' failed to satisfy constraint: Member must not be null" in message


def test_a_secret_value_is_not_repeated():
    message = constraints.violation(
        "codebuild", "ImportSourceCredentials", {"token": "", "serverType": "GITHUB", "authType": "OAUTHY"}
    )
    assert message is not None
    assert "'***' at 'token'" in message
