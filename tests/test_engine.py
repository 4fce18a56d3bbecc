"""The clock against SimPy's own: the same things happen at the same minutes in the same order."""

from __future__ import annotations

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from cmsim.core.resources import Places
from cmsim.core.scheduler import Clockwork
from cmsim.core.simtime import DAY

quick = settings(max_examples=60, deadline=None)

PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 2 * DAY),  # comes after
        st.integers(0, 900),  # patience
        st.integers(0, 1500),  # stays
        st.booleans(),  # is called away in the middle of the stay
    ),
    min_size=1,
    max_size=12,
)


def life(env, pause, wait, people, places=None):
    """Let people wait for two places with patience, stay, and some be called away; return what happened."""
    places, seen = places or simpy.PriorityResource(env, 2), []

    def person(n, comes, patience, stays):
        yield pause(comes)
        with places.request(priority=n % 3) as place:
            yield wait(place, patience)
            seen.append((env.now, n, "place" if place.triggered else "gave up"))
            if not place.triggered:
                return
            try:
                yield pause(stays)
                yield pause(0)
                seen.append((env.now, n, "stayed"))
            except simpy.Interrupt as interrupt:
                seen.append((env.now, n, interrupt.cause))
                yield pause(stays)
                seen.append((env.now, n, "came back"))

    def calls(process, minute):
        yield pause(minute)
        if process.is_alive and (process.target is not None):
            process.interrupt("called away")

    def guarded(n, *facts):
        try:
            yield from person(n, *facts)
        except simpy.Interrupt:
            seen.append((env.now, n, "called before there was a place"))

    for n, (comes, patience, stays, called) in enumerate(people):
        process = env.process(guarded(n, comes, patience, stays))
        if called:
            env.process(calls(process, comes + stays // 2 + 1))
    for day in range(1, 6):
        env.run(until=day * DAY)
        seen.append((env.now, -1, "midnight"))
    return seen


@quick
@given(PEOPLE)
def test_what_happens_and_in_which_order_is_simpys(people):
    plain, clock = simpy.Environment(), Clockwork()
    expected = life(plain, plain.timeout, lambda event, minutes: event | plain.timeout(minutes), people)
    assert life(clock, lambda minutes: minutes, clock.first, people) == expected
    empty = simpy.Environment()
    life(empty, empty.timeout, None, [])
    ends = next(empty._eid)
    assert clock.scheduled == next(plain._eid) - ends, "as many events, but for those that end a run"


@quick
@given(PEOPLE)
def test_who_gets_a_place_and_when_is_simpys(people):
    class Counted(Places):
        unwanted = 0

        def release(self, place):
            self.unwanted += not self.queue
            super().release(place)

    theirs, ours = Clockwork(), Clockwork()
    places = Counted(ours, 2)
    expected = life(theirs, lambda minutes: minutes, theirs.first, people)
    assert life(ours, lambda minutes: minutes, ours.first, people, places) == expected
    assert ours.scheduled == theirs.scheduled - places.unwanted, "nothing follows if nobody waits for a place"


@quick
@given(PEOPLE, st.integers(1, 3))
def test_taking_a_free_place_is_asking_for_it_without_waiting(people, count):
    def lives(takes):
        clock, seen = Clockwork(), []
        places = Places(clock, count)

        def comes(n, stays):
            taken = places.takes() if takes else None
            if not takes and not places.queue and places.count < count:
                taken = places.request()
            seen.append((clock.now, n, taken is not None, places.count))
            if taken is not None:
                clock.call_in(stays, places.release, taken)

        def waits(n, patience, stays):
            with places.request() as place:
                yield clock.first(place, patience)
                seen.append((clock.now, n, place.triggered, places.count))
                if place.triggered:
                    yield stays

        for n, (minute, patience, stays, in_line) in enumerate(people):
            if in_line:
                clock.call_at(minute, lambda *facts: clock.process(waits(*facts)), n, patience, stays)
            else:
                clock.call_at(minute, comes, n, stays)
        clock.run(until=5 * DAY)
        return seen, places.count

    assert lives(True) == lives(False)


def test_further_places_go_to_all_who_wait_for_them():
    clock = Clockwork()
    places, served = Places(clock, 1), []

    def waits(n):
        with places.request() as place:
            yield place
            served.append((clock.now, n))
            yield DAY

    for n in range(6):
        clock.process(waits(n))
    clock.call_at(60, places.resize, 4)
    clock.run(until=2 * DAY)
    assert served == [(0, 0), (60, 1), (60, 2), (60, 3), (DAY, 4), (DAY + 60, 5)]


@quick
@given(PEOPLE)
def test_simpys_own_loop_reads_the_same_clock(people):
    straight, stepped = Clockwork(), Clockwork()

    def step_until(until):
        stepped.schedule(end := simpy.Event(stepped), simpy.events.URGENT, until - stepped.now)
        end._ok, end._value = True, None
        while not end.processed:
            stepped.step()

    expected = life(straight, lambda minutes: minutes, straight.first, people)
    stepped.run = step_until
    assert life(stepped, lambda minutes: minutes, stepped.first, people) == expected


def test_a_day_can_be_run_in_parts():
    whole, parts = Clockwork(), Clockwork()
    seen = {whole: [], parts: []}

    def ticking(env):
        while True:
            yield 70
            seen[env].append(env.now)

    for env in seen:
        env.process(ticking(env))
    whole.run(until=3 * DAY)
    for minute in (1, 70, 71, DAY - 1, DAY, DAY + 500, 3 * DAY):
        parts.run(until=minute)
        assert parts.now == minute
    assert seen[whole] == seen[parts] == list(range(70, 3 * DAY, 70))


def test_calls_come_at_their_minute_in_order_of_asking():
    env, seen = Clockwork(), []
    env.call_at(2 * DAY, seen.append, "late")
    env.call_at(5, seen.append, "first")
    env.call_at(5, seen.append, "second")
    env.run(until=6)
    env.call_at(3, seen.append, "now, since the minute is past")
    env.run(until=2 * DAY)
    assert seen == ["first", "second", "now, since the minute is past"]
    env.run(until=2 * DAY + 1)
    assert seen[-1] == "late"


def test_what_a_process_fails_with_is_raised_by_the_clock():
    env = Clockwork()

    def fails():
        yield 5
        raise ZeroDivisionError

    env.process(fails())
    with pytest.raises(ZeroDivisionError):
        env.run(until=10)
    for wrong in (-1, 2.5, None):
        other = Clockwork()

        def waits_for(what):
            yield what

        other.process(waits_for(wrong))
        with pytest.raises((ValueError, AttributeError)):
            other.run(until=10)
    with pytest.raises(ValueError, match="later than now"):
        Clockwork().run(until=0)
