"""Tests of a client: it is played situations, and held against what a right client does."""

import pytest

from leadproof.pytest_plugin import PlayedSituation
from leadproof.suite.client.example import believes, client_of, do  # put your client here


def sell(task: dict) -> bool:
    """Does the task of a situation; were all leads accepted?"""
    return believes(do(task, client_of(task))) is True


@pytest.mark.leadproof_situations(group=("business", "writing"))
def test_it_does_the_right_thing(leadproof_situation: PlayedSituation) -> None:
    accepted = sell(leadproof_situation.task)

    leadproof_situation.verify(accepted)


@pytest.mark.leadproof_situations("reset-after-taken", "gateway-after-taken")
def test_a_lead_that_may_be_taken_is_not_sent_again_blindly(leadproof_situation: PlayedSituation) -> None:
    sell(leadproof_situation.task)

    leadproof_situation.verify()  # what the client believes is not asked here
    creates = [one for one in leadproof_situation.exchanges if one.request.path == "/v2/insert/general"]
    assert len(creates) == 1
