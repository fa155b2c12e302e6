"""Whether what the server of transformers needs beside the `train` extra is here."""

from importlib.util import find_spec

from storage.errors import MissingExtra

PACKAGES = ("fastapi", "openai")  # is_serve_available of transformers; starlette and uvicorn are everybody's here


def require() -> None:
    """Raise MissingExtra naming what is not installed."""
    if absent := [name for name in PACKAGES if find_spec(name) is None]:
        raise MissingExtra(f"{', '.join(absent)} not installed; nothing was done. Run: pip install 'tabib[serve]'")
