"""Coefficients are those of published tables, and of the rows only what was decided blindly counts."""

import uuid
from itertools import chain, repeat

import pytest

from storage import db, schema
from storage.models import Decision
from storage.review import agreement, aside, assign, decisions
from storage.review.agreement import alpha, kappa
from storage.settings import Settings
from tests.storage.review.room import judge, person, settings, waiting

# Krippendorff 2011, section C: four observers, twelve units, values missing; nominal alpha .743.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


def test_krippendorffs_own_table() -> None:
    units = zip(*(row.split() for row in OBSERVERS), strict=True)
    figure = alpha([[value for value in unit if value != "."] for unit in units])
    assert figure.value == pytest.approx(0.743, abs=0.0005)
    assert (figure.units, figure.agreed) == (11, 8)
    assert (figure.low, figure.high) == (None, None)  # eleven are too few


def test_krippendorffs_two_observers() -> None:
    """The same paper, section B: two observers, ten units, nominal alpha .692 of a b c d e."""
    one = ["a", "a", "b", "b", "d", "c", "c", "c", "e", "d", "d", "a"]
    other = ["b", "a", "b", "b", "b", "c", "c", "c", "e", "d", "d", "d"]
    assert alpha(list(zip(one, other, strict=True))).value == pytest.approx(0.692, abs=0.0005)


def test_cohens_kappa_of_a_known_table() -> None:
    """Two readers of 50 grant proposals: yes-yes 20, yes-no 5, no-yes 10, no-no 15 give .4."""
    said = chain(repeat(("y", "y"), 20), repeat(("y", "n"), 5), repeat(("n", "y"), 10), repeat(("n", "n"), 15))
    figure = kappa(said)
    assert figure.value == pytest.approx(0.4)
    assert (figure.units, figure.agreed) == (50, 35)
    # The asymptotic standard error of this table (Fleiss, Cohen and Everitt 1969) is .1267: .152 to .648.
    assert figure.low == pytest.approx(0.152, abs=0.03)
    assert figure.high == pytest.approx(0.648, abs=0.03)


@pytest.mark.parametrize("said", [[], [("a", "a")] * 9])
def test_where_nobody_differs_nothing_is_told(said: list[tuple[str, str]]) -> None:
    assert (kappa(said).value, alpha(said).value, alpha(said).low) == (None, None, None)


def test_what_agrees_is_no_likelier_to_be_compared_than_what_does_not(database: Settings) -> None:
    """A flag ends the waiting, a lead sends votes back, edits differ by a letter: none of it favours agreement."""
    with db.session() as session:
        settings(session, share=1)
        maryam, reza, lead = person(session), person(session, "reza"), person(session, "zahra", "lead")
        for place, said in enumerate((Decision.APPROVE, Decision.REJECT)):
            number = waiting(session, f"flagged-{place}")
            decisions.decide(session, number, maryam, judge(session, number, maryam))
            aside.flag(session, reza, number, "?", uuid.uuid4())
            decisions.decide(session, number, lead, judge(session, number, lead, said))
        assert agreement.units(session) == []
        back, edited, undone = (waiting(session, name) for name in ("back", "edited", "undone"))
        for user, said in ((maryam, Decision.APPROVE), (reza, Decision.REJECT)):
            decisions.decide(session, back, user, judge(session, back, user, said))
            typed = {"question": "چه؟", "answer": user.name}
            decisions.decide(session, edited, user, judge(session, edited, user, Decision.EDIT, typed=typed))
            vote = judge(session, undone, user)
            decisions.decide(session, undone, user, vote)
        assert vote.key
        decisions.undo(session, reza, vote.key)
        assign.requeue(session, lead, [back])
        assert [unit.said for unit in agreement.units(session)] == [
            {"maryam": "approve", "reza": "reject"},
            {"maryam": "edit", "reza": "edit 2"},
        ]


def test_only_blind_decisions_are_compared(database: Settings) -> None:
    with db.session() as session:
        settings(session, share=1)
        maryam, reza, lead = person(session), person(session, "reza"), person(session, "zahra", "lead")
        said = [("approve", "approve"), ("reject", "approve"), ("reject", "reject"), ("approve", "reject")]
        for place, words in enumerate(said):
            number = waiting(session, str(place))
            for user, word in zip((maryam, reza), words, strict=True):
                decisions.decide(session, number, user, judge(session, number, user, Decision(word)))
            if len(set(words)) == 1:  # a later decision about what was settled
                decisions.decide(session, number, lead, judge(session, number, lead, Decision.REJECT))
            else:
                decisions.decide(session, number, lead, judge(session, number, lead, Decision(words[0])))
        alone = waiting(session, "9")
        decisions.decide(session, alone, maryam, judge(session, alone, maryam))
        units = agreement.units(session)
        assert {unit.said["maryam"] + unit.said["reza"] for unit in units} == set(map("".join, said))
    groups, found = agreement.grouped(units), agreement.alpha_of(units)
    assert (found.units, found.agreed) == (4, 2)
    assert list(groups.pairs) == [("maryam", "reza")]
    assert kappa(groups.pairs["maryam", "reza"]).value == pytest.approx(0)
    assert list(groups.sources) == ["drhast"]
    assert agreement.alpha_of(groups.people["maryam"]) == agreement.alpha_of(groups.people["reza"]) == found
    schema.downgrade("0014")
    schema.upgrade()
    with db.session() as session:
        assert agreement.alpha_of(agreement.units(session)) == found, "what was stored before told it is told the same"
