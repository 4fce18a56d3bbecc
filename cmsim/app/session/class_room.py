"""A class: learners who join a trainer's page, predict each case, and stand on one board. Nothing of it is kept."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from unicodedata import normalize

from cmsim.core.errors import CmsimError

MOST_LEARNERS = 40
MOST_NAME = 24
_SIGNS, _LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 12
"""Of a token, which some learners type: no two of the signs look alike."""
MOST_TAPS = 30
"""How often one learner may choose an answer to one question."""


@dataclass
class Learner:
    """One learner.

    Attributes:
        name: as it was entered.
        answers: position of the answer chosen, by name of the case.
        role_play: of the clients who were unwell, how many were met in the role-play, and how many there were.
    """

    name: str
    answers: dict[str, int] = field(default_factory=dict)
    role_play: tuple[int, int] | None = None
    _taps: Counter[str] = field(default_factory=Counter)

    def tap(self, case: str, answer: int) -> None:
        """Choose an answer, in place of the one before.

        Raises:
            CmsimError: it was chosen too often already.
        """
        self._taps[case] += 1
        if self._taps[case] > MOST_TAPS:
            raise CmsimError(f"You have changed your answer {MOST_TAPS} times. The last one stays.")
        self.answers[case] = answer


@dataclass
class Question:
    """What is asked of a case.

    Attributes:
        case: its name.
        title: of the case.
        text: what is asked.
        answers: what can be predicted.
        right: positions of the answers that were right; None before the reveal.
    """

    case: str
    title: str
    text: str
    answers: tuple[str, ...]
    right: frozenset[int] | None = None


@dataclass(frozen=True)
class Row:
    """One learner on the board.

    Attributes:
        key: of the learner's browser.
        name: as it was entered.
        right: how many predictions were right.
        asked: of how many that were made and revealed.
        role_play: its result in words.
        points: by which the board is ordered.
    """

    key: str
    name: str
    right: int
    asked: int
    role_play: str
    points: float


class ClassRoom:
    """Who has joined, what is asked, and what was answered.

    Attributes:
        token: part of the learners' link.
        link: at which learners join.
        question: that is open, None before a case is.
        learners: by the key of their browser.
        on_change: called after each change.
    """

    def __init__(self) -> None:
        self.token = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
        self.link = ""
        self.question: Question | None = None
        self.learners: dict[str, Learner] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._questions: dict[str, Question] = {}

    def join(self, key: str, name: str) -> Learner:
        """Let a learner join; a browser that has joined before goes on as it was.

        Args:
            key: of the browser.
            name: that the board shows.

        Raises:
            CmsimError: the name is empty, too long or taken, or the class is full.
        """
        if key in self.learners:
            return self.learners[key]
        # not only browsers can send a name: one without end, or one that only looks like another's
        name = normalize("NFKC", name[: 2 * MOST_NAME])
        name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
        if not 0 < len(name) <= MOST_NAME:
            raise CmsimError(f"Enter a name of 1 to {MOST_NAME} characters.")
        if any(name.casefold() == each.name.casefold() for each in self.learners.values()):
            raise CmsimError("Somebody has this name already. Choose another one.")
        if len(self.learners) >= MOST_LEARNERS:
            raise CmsimError(f"The class is full: {MOST_LEARNERS} learners have joined.")
        learner = self.learners[key] = Learner(name)
        self.on_change()
        return learner

    def remove(self, key: str) -> None:
        """Take a learner from the class."""
        if self.learners.pop(key, None) is not None:
            self.on_change()

    def ask(self, question: Question, right: Collection[int] | None) -> None:
        """Open a question, or show it again.

        A question that was revealed after somebody had answered stays revealed: the answer is known by now.

        Args:
            question: of the case that the trainer has open.
            right: positions of the answers that were right, None before the reveal.
        """
        question = self._questions.setdefault(question.case, question)
        if right is not None:
            question.right = frozenset(right)
        elif not any(question.case in each.answers for each in self.learners.values()):
            question.right = None
        self.question = question
        self.on_change()

    def answer(self, key: str, case: str, answer: int) -> None:
        """Take the answer of a learner, in place of the one before.

        Args:
            key: of the learner's browser.
            case: name of the case that was asked.
            answer: position of the answer.

        Raises:
            CmsimError: it cannot be taken, for the reason that is given.
        """
        question = self.question
        if key not in self.learners:
            raise CmsimError("Enter your name first.")
        if question is None or question.case != case or not 0 <= answer < len(question.answers):
            raise CmsimError("This question is no longer open.")
        if question.right is not None:
            raise CmsimError("The answer has been revealed.")
        self.learners[key].tap(case, answer)
        self.on_change()

    def score(self, key: str, met: int, unwell: int) -> None:
        """Put the result of a role-play week on a learner's row, in place of the one before."""
        if key in self.learners and unwell > 0:
            self.learners[key].role_play = (min(met, unwell), unwell)
            self.on_change()

    def counts(self) -> list[int]:
        """Return how many chose each answer of the open question."""
        question = self.question
        if question is None:
            return []
        chosen = Counter(each.answers.get(question.case) for each in self.learners.values())
        return [chosen[n] for n in range(len(question.answers))]

    def had_it(self) -> int:
        """Return how many were right about the open question."""
        right = self.question.right if self.question is not None else None
        return sum(count for n, count in enumerate(self.counts()) if n in (right or ()))

    def board(self) -> list[Row]:
        """Return the rows of the board, most points first, then by name.

        Each right prediction is a point; the role-play adds up to one, the share of unwell clients who were met.
        """
        rows = []
        revealed = {name: each.right for name, each in self._questions.items() if each.right is not None}
        for key, learner in self.learners.items():
            right = sum(learner.answers.get(name) in answers for name, answers in revealed.items())
            asked = sum(name in learner.answers for name in revealed)
            met, unwell = learner.role_play or (0, 0)
            said = f"{met} of {unwell} met" if unwell else "–"
            rows.append(Row(key, learner.name, right, asked, said, right + (met / unwell if unwell else 0.0)))
        return sorted(rows, key=lambda row: (-row.points, row.name.casefold()))
