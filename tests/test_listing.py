"""What is listed of what comes without end: bounded, and the same in whatever order and grouping it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof.runs.listing import Distinct, FileRows, Key, Listing, mark

MOST = 6

#: A group, a name in it, and how often it comes.
seen = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), max_size=120)


def listed(things: Sequence[tuple[int, int]], most: int = MOST, each: int | None = None) -> Listing[list[int]]:
    made: Listing[list[int]] = Listing(most, each)
    for group, name in things:
        key = (str(group), str(name))
        counter = made.get(key)
        if counter is None and made.takes(group, mark(key)):
            counter = [0]
            made.add(group, key, mark(key), counter)
        if counter is not None:
            counter[0] += 1
    return made


def merged(parts: Sequence[Listing[list[int]]], most: int = MOST, each: int | None = None) -> Listing[list[int]]:
    whole: Listing[list[int]] = Listing(most, each)
    for part in parts:
        for group, key, at, counter in part.groups():
            known = whole.get(key)
            if known is not None:
                known[0] += counter[0]
            elif whole.takes(group, at):
                whole.add(group, key, at, counter)
    return whole


def numbers(found: Listing[list[int]]) -> dict[Key, int]:
    return {key: counter[0] for key, counter in found.items().items()}


@settings(max_examples=200, deadline=None)
@given(seen, st.sampled_from([None, 2]))
def test_what_is_kept_is_counted_to_the_last_one(things: list[tuple[int, int]], each: int | None) -> None:
    found = numbers(listed(things, each=each))

    assert found == {key: Counter((str(g), str(n)) for g, n in things)[key] for key in found}
    assert len(found) <= max(MOST, len({group for group, _ in things}))
    if each is not None:
        assert max(Counter(group for group, _ in found).values(), default=0) <= each


@settings(max_examples=200, deadline=None)
@given(seen, st.sampled_from([None, 2]))
def test_every_group_keeps_one_and_the_room_is_used(things: list[tuple[int, int]], each: int | None) -> None:
    found = numbers(listed(things, each=each))

    assert {group for group, _ in found} == {str(group) for group, _ in things}
    sizes = Counter(group for group, _ in set(things))
    assert len(found) >= min(MOST, sum(min(size, each or size) for size in sizes.values()))


@settings(max_examples=200, deadline=None)
@given(seen, st.randoms(use_true_random=False), st.sampled_from([None, 2]))
def test_the_order_in_which_things_come_does_not_matter(things: list[tuple[int, int]], chance, each) -> None:  # type: ignore[no-untyped-def]
    other = list(things)
    chance.shuffle(other)

    assert numbers(listed(things, each=each)) == numbers(listed(other, each=each))


@settings(max_examples=200, deadline=None)
@given(seen, seen, seen, st.sampled_from([None, 2]))
def test_parts_merged_in_any_grouping_are_the_whole(
    one: list[tuple[int, int]], two: list[tuple[int, int]], three: list[tuple[int, int]], each: int | None
) -> None:
    def part(things: list[tuple[int, int]]) -> Listing[list[int]]:
        return listed(things, each=each)

    whole = numbers(part(one + two + three))

    left = merged([merged([part(one), part(two)], each=each), part(three)], each=each)
    right = merged([part(one), merged([part(two), part(three)], each=each)], each=each)
    assert list(numbers(left).items()) == list(numbers(right).items()) == list(whole.items())


@pytest.mark.parametrize("most", [10, 100])
def test_memory_does_not_grow_with_what_is_distinct(most: int) -> None:
    found: Listing[None] = Listing(most)
    highest = 0
    for number in range(20_000):
        key = ("group", str(number))
        if found.takes("group", mark(key)):
            found.add("group", key, mark(key), None)
        highest = max(highest, len(found._kept))

    assert highest <= 2 * most
    assert len(found.items()) == most


# ---- how many there were ---------------------------------------------------------------------------------------------


def counted(names: Sequence[int], most: int = 1_000) -> Distinct:
    made = Distinct(most)
    for name in names:
        made.add(mark((str(name),)))
    return made


def test_few_are_counted_exactly_and_each_once() -> None:
    found = counted([*range(999), *range(500)])

    assert (found.number, found.exact) == (999, True)


@pytest.mark.parametrize("number", [5_000, 50_000])
def test_many_are_counted_within_a_tenth_where_a_thousand_marks_are_kept(number: int) -> None:
    found = counted([*range(number), *range(100)])

    assert not found.exact
    assert abs(found.number - number) < number / 10
    assert len(found._marks) == len(found._known) == 1_000


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 80), max_size=60), st.lists(st.integers(0, 80), max_size=60), st.sampled_from([5, 200]))
def test_distinct_things_are_counted_the_same_in_parts(one: list[int], two: list[int], most: int) -> None:
    whole = counted(one + two, most)
    parts = counted(one, most)
    parts.merge(counted(two, most))
    turned = counted(two, most)
    turned.merge(counted(one, most))

    assert whole == parts == turned
    if most == 200:
        assert whole.number == len({*one, *two})


# ---- files -----------------------------------------------------------------------------------------------------------

problems = st.sampled_from([None, "file.unreadable", "file.deviation"])


def files(found: Sequence[str | None], begin: int = 0, most: int = 4) -> FileRows:
    made = FileRows(most)
    for number, kind in enumerate(found, begin):
        made.add({"path": f"{number}.har", "problem": {"kind": kind} if kind else None})
    return made


@settings(max_examples=200, deadline=None)
@given(st.lists(problems, max_size=30), st.integers(0, 30))
def test_files_are_counted_and_the_first_of_each_sort_are_listed(found: list[str | None], cut: int) -> None:
    whole = files(found)
    parts = files(found[:cut])
    parts.merge(files(found[cut:], len(found[:cut])))

    assert (whole.rows, whole.total, whole.unreadable) == (parts.rows, parts.total, parts.unreadable)
    assert whole.unlisted == parts.unlisted
    wrong = [f"{number}.har" for number, kind in enumerate(found) if kind]
    right = [f"{number}.har" for number, kind in enumerate(found) if not kind]
    assert sorted(row["path"] for row in whole.rows) == sorted(wrong[:4] + right[:4])
    assert whole.unlisted.get("files", 0) == len(found) - len(whole.rows)
    shown = sum(bool(row["problem"]) and row["problem"]["kind"] == "file.unreadable" for row in whole.rows)
    assert whole.unlisted.get("unreadable", 0) == found.count("file.unreadable") - shown * bool(whole.unlisted) or (
        not whole.unlisted
    )
