"""A plan as a table for a person: what each stage takes, the whole, and under it where every number comes from."""

from collections.abc import Callable, Iterator
from typing import Any

LABEL, CELL = 32, 17
GIB = 2**30
Plan = dict[str, Any]


class Footnotes:
    """Sources in the order they are first named, each with a letter."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def mark(self, *sources: str) -> str:
        """The letters of `sources`, in brackets."""
        for each in sources:
            self.known.setdefault(each, _letter(len(self.known)))
        return f"[{','.join(dict.fromkeys(self.known[each] for each in sources))}]"

    def lines(self) -> Iterator[str]:
        """One line a source."""
        yield from (f"  [{letter}] {source}" for source, letter in self.known.items())


def told(plan: Plan) -> str:
    """The whole plan, with a line for each note."""
    notes = Footnotes()
    lines = [_title(plan), "", _row("", [stage["name"] for stage in plan["stages"]] + ["in all"], "")]
    for part in (_parameters, _data, _work, _memory, _time, _bill):
        lines += ["", *part(plan, notes)]
    lines += ["", *_compared(plan), "", "where the numbers come from", *notes.lines()]
    warnings = [f"  ! {note}" for note in plan["notes"]]
    return "\n".join([*lines, *(["", "what to mind", *warnings] if warnings else [])])


def _title(plan: Plan) -> str:
    snapshot = f"snapshot {plan['snapshot'][:16]}" if plan["snapshot"] else "no snapshot: the paper's figures"
    gpus = plan["gpu"]["gpus"]
    return f"plan of {plan['recipe']} on {gpus if gpus > 1 else 'one'} {plan['gpu']['name']}, {snapshot}"


def _parameters(plan: Plan, notes: Footnotes) -> Iterator[str]:
    base, cells = plan["base"], [f"{stage['parameters']['trainable']:,}" for stage in plan["stages"]]
    whole = [f"{base['parameters']:,}" for _ in plan["stages"]]
    yield _row("parameters of the base", whole, notes.mark(base["source"]))
    yield _row("trainable parameters", cells, _sources(plan, "parameters", notes))


def _data(plan: Plan, notes: Footnotes) -> Iterator[str]:
    total, source = plan["total"], _sources(plan, "data", notes)
    yield _row("rows", _cells(plan, "data", "rows", _count), source)
    yield _row("sequences, all passes", _cells(plan, "data", "sequences", _count), source)
    yield _row("real tokens, all passes", [*_cells(plan, "data", "tokens", _count), _count(total["tokens"])], source)
    yield _row("mean tokens a sequence", _cells(plan, "data", "mean_length", _count), source)
    shares, source = _cells(plan, "batching", "real_share", _percent), _sources(plan, "batching", notes)
    yield _row("slots", [*_cells(plan, "batching", "slots", _count), _count(total["slots"])], source)
    yield _row("real tokens among the slots", [*shares, _percent(total["real_share"])], source)
    yield _row("max_length of a row filled", _cells(plan, "batching", "rows_filled", _percent), source)
    yield _row("optimizer steps", _cells(plan, "batching", "optimizer_steps", _count), source)


def _work(plan: Plan, notes: Footnotes) -> Iterator[str]:
    total, source = plan["total"], _sources(plan, "flops", notes)
    for words, key in (("PFLOP, base", "base"), ("PFLOP, adapter", "adapter"), ("PFLOP, attention", "attention")):
        yield _row(words, _cells(plan, "flops", key, _peta), source)
    whole = (("model", "flops"), ("of_slots", "flops_of_slots"), ("recomputed", "flops_recomputed"))
    said = ("PFLOP of real tokens", "PFLOP of all slots", "PFLOP recomputed besides")
    for words, (key, summed) in zip(said, whole, strict=True):
        yield _row(words, [*_cells(plan, "flops", key, _peta), _peta(total[summed])], source)


def _memory(plan: Plan, notes: Footnotes) -> Iterator[str]:
    source, limit = _sources(plan, "memory", notes), plan["gpu"]["memory_gib"]
    on = plan["stages"][0]["memory"]["activation_checkpointing"]
    parts = ["base", "adapter", "gradients", "optimizer", "activations", "logits", "recomputed_layer"]
    several = ["gathered", "whole_model"] if plan["gpu"]["gpus"] > 1 else []
    for part in (*parts, *several, "cuda_context", "margin"):
        yield _row(f"GiB, {part.replace('_', ' ')}", _cells(plan, "memory", part, _gib), source)
    yield _row("GiB at most", [*_cells(plan, "memory", "total", _gib), _gib(plan["total"]["memory_bytes"])], source)
    for key in ("with_checkpointing", "without_checkpointing"):
        cells = [f"{_gib(stage['memory'][key]['total'])}" for stage in plan["stages"]]
        yield _row(f"GiB {key.replace('_', ' ')}", cells, source)
    verdict = "fits" if plan["total"]["fits"] else "DOES NOT FIT"
    state = "with" if on else "without"
    yield f"{verdict} in {limit['value']:.1f} GiB {state} activation checkpointing {notes.mark(limit['source'])}"


def _time(plan: Plan, notes: Footnotes) -> Iterator[str]:
    total, peak = plan["total"], plan["gpu"]["bf16_tflops"]
    floor = notes.mark(f"FLOPs of real tokens at {peak['value']:g} TFLOP/s, dense: {peak['source']}")
    source = _sources(plan, "time", notes)
    yield _row("hours, floor", [*_cells(plan, "time", "floor_seconds", _hours), f"{total['floor_hours']:.1f}"], floor)
    yield _row("hours", [*_cells(plan, "time", "seconds", _hours), f"{total['hours']:.1f}"], source)
    if plan["gpu"]["gpus"] > 1:
        yield from _sent(plan, notes)
    useful = _cells(plan, "time", "utilisation", _percent)
    yield _row("peak used, real tokens", [*useful, _percent(total["utilisation"])], source)
    yield _row("peak used, all slots", _cells(plan, "time", "utilisation_of_slots", _percent), source)
    yield _row("and with recomputation", _cells(plan, "time", "utilisation_with_recomputation", _percent), source)


def _sent(plan: Plan, notes: Footnotes) -> Iterator[str]:
    """What hours are, of several GPUs: computing and then sending, or both at once."""
    link, source = plan["gpu"]["link_gb_s"], _sources(plan, "sharing", notes)
    cells = [f"{stage['sharing']['sent'] / GIB:.2f}" for stage in plan["stages"]]
    yield _row("GiB sent a step, each GPU", cells, source)
    speed = notes.mark(f"{link['value']:g} GB/s each way: {link['source']}")
    yield _row("hours of them computing", _cells(plan, "time", "computing_seconds", _hours), "")
    yield _row("hours of them sending", _cells(plan, "time", "sending_seconds", _hours), speed)
    whole = f"{plan['total']['hours_overlapped']:.1f}"
    yield _row("hours if both go on at once", [*_cells(plan, "time", "seconds_overlapped", _hours), whole], "")


def _bill(plan: Plan, notes: Footnotes) -> Iterator[str]:
    total, watts = plan["total"], plan["gpu"]["watts"]
    empty = ["" for _ in plan["stages"]]
    gpus = plan["gpu"]["gpus"]
    times = f"{gpus} times " if gpus > 1 else ""
    power = notes.mark(f"{times}{watts['value']:g} W: {watts['source']}")
    yield _row("kWh", [*empty, f"{total['kwh']:.2f}"], power)
    grid = notes.mark(f"{total['grid_g_co2e_kwh']:g} g CO2e a kWh: the recipe")
    yield _row("kg CO2e", [*empty, f"{total['kg_co2e']:.2f}"], grid)
    if "cost" in total:
        price = notes.mark(f"{times}{total['price_per_hour']:g} an hour: --price")
        yield _row("cost", [*empty, f"{total['cost']:.2f}"], price)


def _compared(plan: Plan) -> Iterator[str]:
    yield f"{'batching':<52}{'real tokens':>14}{'hours':>10}{'saves':>10}"
    for row in plan["batching_compared"]:
        yield f"{row['words']:<52}{_percent(row['real_share']):>14}{row['hours']:>10.1f}{_percent(row['saves']):>10}"


def _cells(plan: Plan, group: str, key: str, shown: Callable[[float], str]) -> list[str]:
    return [shown(stage[group][key]) for stage in plan["stages"]]


def _sources(plan: Plan, group: str, notes: Footnotes) -> str:
    return notes.mark(*(stage[group]["source"] for stage in plan["stages"]))


def _row(label: str, cells: list[str], mark: str) -> str:
    """A label, a cell for each stage, and one for the whole where the last cell is it."""
    return f"{label:<{LABEL}}{''.join(f'{cell:>{CELL}}' for cell in cells)}  {mark}".rstrip()


def _letter(number: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[number] if number < 26 else f"a{number}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _peta(value: float) -> str:
    return f"{value / 1e15:,.2f}" if value >= 1e12 else f"{value / 1e15:.2g}"


def _gib(value: float) -> str:
    return f"{value / GIB:.2f}"


def _hours(value: float) -> str:
    return f"{value / 3600:.1f}" if value >= 360 else f"{value / 3600:.2g}"
