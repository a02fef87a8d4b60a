"""The table of operations against the interface that it stands for: ten operations, eight paths, seventeen cells."""

from __future__ import annotations

from leadproof.core.operations import CELLS, OPERATIONS, RESPONSE_TYPES


def test_ten_operations_on_eight_paths_in_seventeen_cells() -> None:
    rows = OPERATIONS.values()

    assert len(OPERATIONS) == 10
    assert len({(row.method, row.path) for row in rows}) == 8
    assert len(CELLS) == len(set(CELLS)) == 17
    assert [row.id for row in rows if row.path == "/v2/insert/general"] == [
        "create_lead",
        "create_lead_sends",
        "inbound_post",
    ]
    assert len({row.code for row in rows}) == 10


def test_a_root_is_named_exactly_where_xml_is_documented() -> None:
    for name, row in OPERATIONS.items():
        assert row.id == name
        assert row.media in (("json", "xml"), ("json",))
        assert bool(row.root) == ("xml" in row.media)
    assert {name for name, row in OPERATIONS.items() if not row.body} == {"lead_status", "accept_offer"}


def test_the_ten_response_types_keep_the_order_of_their_numbers() -> None:
    assert len(RESPONSE_TYPES) == 10
    assert RESPONSE_TYPES[0] == "No_Error"
    assert RESPONSE_TYPES[6] == "Duplicate_Lead"
    assert RESPONSE_TYPES[-1] == "Data_Errors"
