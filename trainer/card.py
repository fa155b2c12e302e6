"""The model card: what a person reads before using the model."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

ENVIRONMENT = Environment(
    loader=PackageLoader("trainer", "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701  Markdown, and every value in it is a figure, a hash or a name of ours
)


def render(state: dict[str, Any], manifest: dict[str, Any]) -> str:
    """Markdown with the YAML header of a Hugging Face model, from `run.json` and the snapshot's manifest."""
    return ENVIRONMENT.get_template("model_card.md.jinja").render(
        run=state, metrics=state["metrics"], snapshot=manifest
    )
