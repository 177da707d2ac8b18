from ecsctl.sandbox.core import constraints


def test_a_request_within_the_model_has_no_violation():
    assert constraints.violation("codepipeline", "GetPipeline", {"name": "orders-api"}) is None


def test_every_violation_is_told_in_the_words_of_aws():
    told = constraints.violation("codepipeline", "GetPipeline", {"name": "a b" + "c" * 100})
    assert told is not None
    assert told.startswith("2 validation errors detected: Value 'a b")
    assert r"at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z" in told
    assert told.endswith("Member must have length less than or equal to 100")


def test_a_missing_member_is_null():
    told = constraints.violation("codepipeline", "CreatePipeline", {"pipeline": {"name": "x", "roleArn": "arn"}})
    assert told is not None
    assert "Value null at 'pipeline.stages' failed to satisfy constraint: Member must not be null" in told


def test_a_secret_value_is_not_repeated():
    told = constraints.violation(
        "codebuild", "ImportSourceCredentials", {"token": "", "serverType": "GITHUB", "authType": "OAUTHY"}
    )
    assert told is not None
    assert "'***' at 'token'" in told
