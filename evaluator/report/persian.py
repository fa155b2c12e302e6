"""The page's summary in Persian, from the same figures."""

from evaluator.choice import ACCURACY
from evaluator.report.contents import BASE, TUNED, Contents, Sat
from storage.report.data_sections import KEPT_GROUP, group_of

DIGITS = str.maketrans("0123456789.,", "۰۱۲۳۴۵۶۷۸۹٫٬")


def digits(number: float, places: int = 0) -> str:
    """A number with Persian digits and separators."""
    return f"{number:,.{places}f}".translate(DIGITS)


def percent(part: float) -> str:
    """A share as a Persian percentage with one digit; the word, because the sign changes sides with what follows."""
    return f"{digits(100 * part, 1)} درصد"


def summary(contents: Contents) -> list[str]:
    """A few sentences, each a paragraph's worth of figures."""
    totals = contents.totals
    said = [
        f"از {digits(totals.sources)} پایگاه، {digits(totals.pages)} صفحه خوانده شده است که "
        f"{digits(totals.articles)} مقاله و {digits(totals.pairs)} پرسش و پاسخ در آن‌هاست."
    ]
    documents = sum(row["documents"] for row in contents.outcomes)
    if documents:
        kept = sum(row["documents"] for row in contents.outcomes if group_of(row) == KEPT_GROUP)
        said.append(f"پس از پالایش، {digits(kept)} سند ({percent(kept / documents)}) مانده است.")
    for opened in contents.choices:
        both = [
            next((s for s in contents.sat if s.part == part and s.opened is opened), None) for part in (BASE, TUNED)
        ]
        said += _scored(both[0], both[1])
    return said


def _scored(base: Sat | None, tuned: Sat | None) -> list[str]:
    if tuned is None:
        return []
    figure = next(f for f in tuned.figures if f.metric == ACCURACY)
    guessing = tuned.opened.baselines["guessing"]
    said = f"مدل آموزش‌دیده به {percent(figure.value)} از {digits(figure.items)} پرسش چهارگزینه‌ای پاسخ درست داد"
    if base:
        said += f" و مدل پایه به {percent(next(f for f in base.figures if f.metric == ACCURACY).value)}"
    said += f"؛ حدس تصادفی {percent(guessing)} است."
    if figure.low <= guessing <= figure.high:
        said += " این رقم از حدس تصادفی جداشدنی نیست و نشان نمی‌دهد که مدل چیزی از پزشکی می‌داند."
    return [said]
