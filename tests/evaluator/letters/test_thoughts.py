"""Texts that think aloud before they answer, and answers in a field of their own."""

import pytest

from evaluator.letters import read
from tests.evaluator.letters.exams import ASKED, PAINKILLERS


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("<thinking>\nThe answer is A? Let me check. Answer: A\n</thinking>\nAnswer: D", "D"),
        ("<reasoning>پاسخ صحیح گزینه B است.</reasoning>\nپاسخ نهایی: ج", "C"),
        ("<think>\nپاسخ صحیح گزینه A است چون...", None),
        ("پاسخ صحیح گزینه A است، نه صبر کن...</think>\nگزینه C", "C"),
        ("<Thought>Option B is right.</Thought> D", "D"),
        ("[THINK]maybe B, the answer is B[/THINK]پاسخ: الف", "A"),
        ("<analysis>answer: C</analysis>", None),
        ("<think></think>\n\nThe correct option is D.", "D"),
        ("<think>The answer is B.</think>\n\n**Answer:** C", "C"),
        ("<thinking>پاسخ الف</thinking>پاسخ صحیح گزینه‌ی دوم است.", "B"),
        ("<reasoning>\nAnswer: A\nAnswer: D\n", None),
        ("<internal_monologue>I like B</internal_monologue><answer>A</answer>", "A"),
        ("Okay so the answer is B</think>D", "D"),
        ("<think>hmm</think><answer>گزینه ج</answer>", "C"),
        ("<reflection>Was A right? Answer: A</reflection> Final answer: B", "B"),
        ("<output>C</output>", "C"),
        ("<scratchpad>Answer: A</scratchpad>\nپاسخ: د", "D"),
        ("<thought>\nپاسخ ب\n</thought>\n\n**پاسخ نهایی: گزینه الف**", "A"),
        ("<think> پاسخ صحیح ج است", None),
        ("Reasoning here: the answer is C </thinking> B", "B"),
        ("<ANALYSIS>The answer is A</ANALYSIS><FINAL>D</FINAL>", "D"),
    ],
)
def test_what_is_thought_aloud_is_no_answer(text: str, letter: str | None) -> None:
    assert read(text, PAINKILLERS, ASKED) == letter


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ('```json\n{"answer": "C", "confidence": 0.8}\n```', "C"),
        ('{"پاسخ": "ب"}', "B"),
        ("{'choice': 2}", "B"),
        ('{"reasoning": "A is tempting, the answer is not A", "final_answer": "D"}', "D"),
        ("مورد ب", "B"),
        ("شماره دو", "B"),
        ("گزینهٔ شمارهٔ سه صحیح است", "C"),
        ("Choice number four", "D"),
        ("The second one is right.", "B"),
        ("I'd go with the fourth option.", "D"),
        ("سومی درست است", "C"),
        ("گزینه‌ی آخر", "D"),
        ("به احتمال زیاد گزینهٔ ج", "C"),
        ("Probably C.", "C"),
        ("پاسخ مورد سوم است", "C"),
        ("My pick: B", "B"),
        ('{"final_answer": "B", "explanation": "A is wrong"}', "B"),
        ('{"answer": ["A", "C"]}', None),
        ('```json\n{"گزینه": "ج"}\n```', "C"),
        ('{"answer": null}', None),
        ('{"answer": "ایبوپروفن"}', "C"),
        ("مورد الف صحیح است.", "A"),
        ("شماره ۴", "D"),
        ("گزینهٔ یکم", "A"),
        ("گزینه‌ی «سوم» صحیح می‌باشد.", "C"),
        ("Option three is correct.", "C"),
        ("The first option is the best one.", "A"),
        ("I'd choose the last option.", "D"),
        ("دومین گزینه صحیح است.", "B"),
        ("فکر کنم ج", "C"),
        ("به نظر می‌رسد گزینه د درست باشد.", "D"),
        ("Most likely B", "B"),
        ("The answer is probably C.", "C"),
        ("The answer is definitely option A.", "A"),
        ('{"choice":"c"}', "C"),
        ('{"answer": 4}', "D"),
        ('{"selected_option": "B"}', "B"),
        ('{"reason": "پاسخ الف نیست", "answer": "ب"}', "B"),
        ("{'answer': 'A'}", "A"),
        ('{"answer": "B or C"}', None),
        ('{"correct": "D"}', None),
        ("جواب: شماره‌ی ۲", "B"),
        ("گزینه شماره چهار صحیح است", "D"),
        ("پاسخ گزینه‌ی دو است", "B"),
        ("گزینه‌ی اولی", None),
        ("حرف ج", "C"),
        ("Number 3", "C"),
        ("option 2 is right", "B"),
        ("Letter D", "D"),
        ("The correct choice is the second one.", "B"),
        ("چهارمی", "D"),
        ("سومین مورد صحیح است", "C"),
    ],
)
def test_options_are_named_in_many_ways_and_forms(text: str, letter: str | None) -> None:
    assert read(text, PAINKILLERS, ASKED) == letter
