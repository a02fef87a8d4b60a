"""Every responseType can be got, each by its recipe, with the default profile and with others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from leadproof.core.operations import RESPONSE_TYPES
from leadproof.mock import recipes_for
from leadproof.mock.engine.recipes import Recipe, example_fields
from leadproof.mock.engine.rulebook import ORDER_OF_REFUSALS


def request(recipe: Recipe, fmt: str) -> dict[str, Any]:
    source = {**recipe.source, "sendDelay": 0} if recipe.source else {}
    return {"source": source, "leads": [{"properties": {}, "fields": recipe.fields}]}


def test_the_default_profile_has_a_recipe_for_each_response_type(default_profile: Any) -> None:
    assert {one.response_type for one in recipes_for(default_profile)} == set(RESPONSE_TYPES)
    assert recipes_for(default_profile)[0].response_type == "No_Error"
    assert len(ORDER_OF_REFUSALS) == 9


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("operation", ["create_lead", "create_call_transfer"])
def test_a_recipe_gets_its_response_type(caller: Any, default_profile: Any, operation: str, fmt: str) -> None:
    for recipe in recipes_for(default_profile):
        found = [caller.result(operation, request(recipe, fmt), fmt=fmt)["responseType"] for _ in range(recipe.times)]
        assert found == ["No_Error"] * (recipe.times - 1) + [recipe.response_type], recipe.how


def test_the_controls_serve_the_recipes(caller: Any, default_profile: Any) -> None:
    served = caller.control("GET", "recipes")

    assert [one["response_type"] for one in served] == [one.response_type for one in recipes_for(default_profile)]


def test_a_profile_without_means_has_fewer_recipes(default_profile: Any) -> None:
    bare = replace(
        default_profile,
        sources=default_profile.sources[:1],
        campaigns=(replace(default_profile.campaigns[0], criteria=(), duplicate_keys=()),),
    )

    missing = set(RESPONSE_TYPES) - {one.response_type for one in recipes_for(bare)}
    assert missing == {"Account_Disabled", "Outside_Criteria", "Duplicate_Lead", "Post_Over_Max"}
    assert recipes_for(replace(bare, sources=default_profile.sources[2:3])) == []


def test_example_fields_are_accepted_and_never_duplicates(
    make_caller: Callable[..., Any], default_profile: Any
) -> None:
    for campaign in default_profile.campaigns:
        if campaign.disabled or campaign.order_required or campaign.cap is not None:
            continue
        caller = make_caller()
        kind = default_profile.lead_type_by_lid[campaign.lid]
        for number in range(60):
            value = {
                "source": {"vid": 1001, "lid": campaign.lid, "aid": campaign.aid, "sendDelay": 0},
                "leads": [{"fields": example_fields(kind, campaign, number)}],
            }
            result = caller.result("create_lead", value)
            assert result["responseType"] == "No_Error", (campaign.name, number, result)
