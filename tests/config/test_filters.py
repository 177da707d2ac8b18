"""What may start a pipeline: what is refused, and why."""

import pytest

CONNECTION = "arn:aws:codeconnections:eu-central-1:123456789012:connection/1b2c3d4e-0000-4000-8000-000000000000"
CONNECTED = f'name = "shop"\n[github]\nrepository = "acme/shop"\nconnection_arn = "{CONNECTION}"\n[pipeline]\n'
WITHOUT = 'name = "shop"\n[github]\nrepository = "acme/shop"\n[pipeline]\n'


@pytest.mark.parametrize("key", ["paths", "tags"])
def test_filters_need_a_connection(mistakes, load, key):
    (line,) = mistakes(f'{WITHOUT}{key} = ["web/**"]')
    assert f"pipeline.{key}: needs github.connection_arn: with a token" in line
    assert getattr(load(f'{CONNECTED}{key} = ["web/**"]').config.pipeline, key) == ("web/**",)


@pytest.mark.parametrize(("text", "expected"), [
    ('paths = ["a/**"]\ntags = ["v*"]', "pipeline.tags: cannot be combined with paths"),
    ('trigger = "manual"\npaths = ["a/**"]', 'pipeline.paths: cannot be used with trigger = "manual"'),
    ('mode = "build-only"\ntags = ["v*"]', 'pipeline.tags: needs mode = "pipeline"'),
    ('mode = "none"\ntrigger = "manual"', 'pipeline.trigger: needs mode = "pipeline"'),
    ('paths = ["/web/**"]', "pipeline.paths[0]: expected a pattern"),
    (f"paths = {[f'{letter}/**' for letter in 'abcdefghi']}", "pipeline.paths: expected a list of at most 8"),
    (f'tags = ["{"v" * 256}"]', "pipeline.tags[0]: expected a pattern"),
    ("artifact_days = 0", "pipeline.artifact_days"),
    ('trigger = "poll"', 'pipeline.trigger: expected one of "push", "manual"'),
])  # fmt: skip
def test_what_aws_would_not_take_is_refused(mistakes, text, expected):
    lines = mistakes(CONNECTED + text)
    assert any(expected in line for line in lines), lines


def test_a_pipeline_that_is_started_by_hand_needs_no_connection(load):
    assert load(f'{WITHOUT}trigger = "manual"').config.pipeline.trigger == "manual"
