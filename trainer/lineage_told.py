"""A lineage as `trainer lineage` prints it for a person."""

from collections.abc import Iterator
from typing import Any

from trainer import attempted, forgotten

SOURCES = ("git", "trainer_sources", "storage_sources")  # told as the code


def told(found: dict[str, Any], marked: dict[str, Any] | None) -> str:
    """One fact a line, the recipe's whole text last; then whether data was forgotten."""
    lines = [f"{name:<12} {value}" for name, value in _facts(found)]
    lines += [f"{'package' if n == 0 else '':<12} {line}" for n, line in enumerate(_versions(found["versions"]))]
    recipe = [f"recipe       {found['recipe_name']}, sha256 {found['recipe_sha256']}", *found["recipe"].splitlines()]
    return "\n".join([*lines, *recipe[:1], *(f"    {line}" for line in recipe[1:]), forgotten.told(marked)])


def _facts(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    status = f" ({found['status']})" if found.get("status", "done") != "done" else ""
    yield "run", f"{found['run']}{status}"
    if found.get("part"):
        yield "part", found["part"]
    yield "sha256", found["sha256"] or "none: no weights in safetensors"
    for number, sha256 in enumerate(found["snapshots"]):
        yield "snapshot", sha256 if number == 0 else f"{sha256}, through its base"
    if "snapshots_lack" in found:
        yield "snapshot", f"those of its base are not known: {found['snapshots_lack']}"
    yield "base", f"{found['base']['name']}, sha256 {found['base']['sha256'] or 'not made yet'}"
    yield "seed", str(found["seed"])
    versions = found["versions"]
    commit = f"git {versions['git']}, " if "git" in versions else f"tabib {versions.get('tabib', 'not told')}, "
    yield "code", f"{commit}trainer's sources sha256 {versions.get('trainer_sources', 'not told')}"
    if "storage_sources" in versions:
        yield "code", f"storage's sources sha256 {versions['storage_sources']}"
    hardware = found["hardware"]
    gpus = "".join(f", {gpu}" for gpu in hardware.get("gpus", []))
    machines = f", the first of {hardware['machines']} machines" if "machines" in hardware else ""
    yield "hardware", f"{hardware.get('cpu')}, {hardware.get('threads')} threads{gpus}{machines}"
    for line in attempted.changes(found.get("attempts", [])):
        yield "changed", line
    yield "energy", energy(found["energy"])


def energy(found: dict[str, Any] | None) -> str:
    """How much, how it is known, over how many attempts."""
    if not found:
        return "nothing was counted yet"
    attempts = len(found.get("attempts", [])) or 1
    sum_of = f", the sum of {attempts} attempts" if attempts > 1 else ""
    method = f"{found['method']}: " if "method" in found else ""
    return f"{method}{found['kwh']:.6f} kWh, {found['kg_co2e']:.6f} kg CO2e{sum_of} ({found['source']})"


def _versions(versions: dict[str, str]) -> list[str]:
    packages = [f"{name} {version}" for name, version in versions.items() if name not in SOURCES]
    return [", ".join(packages[n : n + 6]) for n in range(0, len(packages), 6)]
