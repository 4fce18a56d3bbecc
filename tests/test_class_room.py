"""A class without its pages: who may join, one answer each, and the order of the board."""

import asyncio

import pytest

from cmsim.app.session.class_room import MOST_LEARNERS, MOST_NAME, MOST_TAPS, ClassRoom, Question
from cmsim.core.errors import CmsimError


@pytest.fixture
def room():
    found = ClassRoom()
    found.ask(Question("one", "One", "Which?", ("up", "down", "alike")), None)
    return found


def test_tokens_are_long_and_differ():
    first, second = ClassRoom().token, ClassRoom().token
    assert first != second
    assert len(first) >= 12
    assert first.isalnum()


def test_names_and_the_number_of_learners_are_limited(room):
    for wrong in ("", "  \n ", "x" * (MOST_NAME + 1)):
        with pytest.raises(CmsimError, match="characters"):
            room.join("key", wrong)
    assert room.join("k0", "  Ann \n Lee ").name == "Ann Lee"
    with pytest.raises(CmsimError, match="already"):
        room.join("k1", "ann lee")
    assert room.join("k0", "other").name == "Ann Lee", "a browser that comes again goes on"
    for n in range(1, MOST_LEARNERS):
        room.join(f"k{n}", f"learner {n}")
    with pytest.raises(CmsimError, match="full"):
        room.join("one more", "Zed")
    room.remove("k1")
    room.join("one more", "Zed")


def test_one_answer_each_that_may_change_until_the_reveal(room):
    changes = []
    room.on_change = lambda: changes.append(1)
    with pytest.raises(CmsimError, match="name first"):
        room.answer("a", "one", 0)
    room.join("a", "Ann")
    room.join("b", "Ben")
    room.answer("a", "one", 0)
    room.answer("a", "one", 1)
    room.answer("b", "one", 0)
    assert room.counts() == [1, 1, 0]
    assert len(changes) == 5
    for case, answer in (("two", 0), ("one", 3), ("one", -1)):
        with pytest.raises(CmsimError, match="no longer open"):
            room.answer("a", case, answer)
    room.ask(room.question, [1])
    assert room.had_it() == 1
    with pytest.raises(CmsimError, match="revealed"):
        room.answer("b", "one", 1)
    room.ask(Question("one", "One", "Which?", ("up", "down", "alike")), None)
    assert room.question.right == {1}, "what was revealed stays so, since the answer is known"


def test_an_answer_is_changed_so_often_at_most(room):
    room.join("a", "Ann")
    for _ in range(MOST_TAPS):
        room.answer("a", "one", 1)
    with pytest.raises(CmsimError, match="stays"):
        room.answer("a", "one", 0)
    assert room.counts() == [0, 1, 0]


def test_a_question_that_nobody_answered_opens_again(room):
    room.join("a", "Ann")
    room.ask(room.question, [2])
    room.ask(room.question, None)
    room.answer("a", "one", 0)
    assert room.counts() == [1, 0, 0]


def test_the_board_stands_in_the_order_of_points_then_of_names(room):
    for key, name in (("c", "cem"), ("b", "Ben"), ("a", "Ann"), ("d", "Dee")):
        room.join(key, name)
    room.answer("b", "one", 2)
    room.answer("c", "one", 0)
    room.ask(room.question, [2])
    room.score("d", 3, 4)
    room.score("a", 0, 0)
    room.score("nobody", 1, 1)
    assert [(row.name, row.right, row.asked, row.role_play, row.points) for row in room.board()] == [
        ("Ben", 1, 1, "–", 1.0),
        ("Dee", 0, 0, "3 of 4 met", 0.75),
        ("Ann", 0, 0, "–", 0.0),
        ("cem", 0, 1, "–", 0.0),
    ]


def test_a_page_that_is_closed_before_it_says_who_it_is_does_not_follow_the_class(monkeypatch):
    pytest.importorskip("nicegui")
    from nicegui import Client, core, ui

    from cmsim.app.web import class_page, page_elements

    async def closed(*_args, **_options):
        ui.context.client.delete()

    async def at_once():
        pass

    async def opened():
        monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
        monkeypatch.setattr(page_elements.ui, "run_javascript", closed)
        live = class_page.LiveClass()
        with Client(ui.page("")) as client:
            client.connected = at_once
            await class_page.learner_page(live)
        assert client.is_deleted
        return live

    live = asyncio.run(opened())
    assert live.pages == 0
    assert not live.changed.callbacks


def test_a_name_may_not_look_like_another_or_be_without_end(room):
    room.join("first", "Ann")
    with pytest.raises(CmsimError, match="already"):
        room.join("second", "\N{FULLWIDTH LATIN CAPITAL LETTER A}nn")
    with pytest.raises(CmsimError, match="1 to 24"):
        room.join("second", "n" * 10_000_000)
