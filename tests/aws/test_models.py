"""AWS's models are read at less cost, and say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from ecsctl.aws.clients import SERVICES, Aws
from ecsctl.aws.models import loader, read_as_dicts


def lightened() -> Any:
    core = botocore.session.get_session()
    read_as_dicts(core)
    return core


def described(core: Any, service: str, type_name: str) -> Any:
    return core.get_component("data_loader").load_service_model(service, type_name)


@pytest.mark.parametrize("service", [SERVICES.get(name, name) for name in Aws.__annotations__ if name != "ec2"])
def test_a_model_says_the_same_but_for_its_documentation(service: str) -> None:
    def without_words(part: Any) -> Any:
        if isinstance(part, list):
            return [without_words(one) for one in part]
        if isinstance(part, dict):
            kept = {key: one for key, one in part.items() if key != "documentation" or not isinstance(one, str)}
            return {key: without_words(one) for key, one in kept.items()}
        return part

    # Read anew: botocore's handlers for S3 change the model that they work with.
    usual, ours = Loader(), loader.__wrapped__(())
    assert without_words(ours.load_service_model(service, "service-2")) == without_words(
        usual.load_service_model(service, "service-2")
    )


def test_pages_are_known_where_botocore_knows_them() -> None:
    usual = described(botocore.session.get_session(), "ecs", "paginators-1")
    assert described(lightened(), "ecs", "paginators-1") == usual


def test_a_service_that_is_not_there_is_reported_by_its_name() -> None:
    with pytest.raises(UnknownServiceError, match="nosuch"):
        described(lightened(), "nosuch", "service-2")


def test_a_folder_of_models_of_ones_own_is_read_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = tmp_path / "sts" / "2999-01-01"
    where.mkdir(parents=True)
    (where / "service-2.json").write_text(json.dumps({"metadata": {"serviceId": "own"}}))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert described(lightened(), "sts", "service-2") == {"metadata": {"serviceId": "own"}}
