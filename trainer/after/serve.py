"""A model behind the chat handler of `transformers serve`, for OpenAI's clients and for a page in the browser.

Only this machine reaches it: it listens on loopback, and answers no page of another site that a browser here shows.
"""

import asyncio
import socket
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from transformers.cli.serving.chat_completion import ChatCompletionHandler
from transformers.cli.serving.model_manager import ModelManager
from transformers.cli.serving.utils import GenerationState

from storage import fonts
from storage.errors import UsageError
from trainer.after import endpoint
from trainer.after.speaker import Speaker

PAGE = Path(__file__).parent / "page"
LOOPBACK = "127.0.0.1"
HOSTS = [LOOPBACK, "localhost"]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src data:; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
LAST_WORDS = 3  # seconds that an answer on its way may still take when the server is stopped


class OneModel(ModelManager):
    """The server's cache of models, holding one that is loaded and no way to another."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        super().__init__(device="cpu", force_model=speaker.name)  # the device is the model's, it is only not asked for

    @staticmethod
    def process_model_name(model_id: str) -> str:
        """A run's name has no revision."""
        return model_id

    def load_model_and_processor(self, *_: Any, **__: Any) -> tuple[Any, Any]:
        """What is loaded."""
        return self.speaker.model, self.speaker.tokenizer


class Alone:
    """An answer that is drawn while no other one is: they would draw from one generator, and no seed mean anything."""

    def __init__(self, answered: Callable[[], Awaitable[Response]], drawing: asyncio.Lock) -> None:
        self.answered, self.drawing = answered, drawing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the answer, to its end or to where its reader leaves."""
        async with self.drawing:
            await (await self.answered())(scope, receive, send)


def application(speaker: Speaker) -> Starlette:
    """The page, the list of one model, and the chat endpoint."""
    handler, drawing = ChatCompletionHandler(OneModel(speaker), GenerationState()), asyncio.Lock()
    entry = {"id": speaker.name, "object": "model", "created": 0, "owned_by": "tabib"}

    async def chat(request: Request) -> ASGIApp:
        _require_own_page(request)
        wanted = await endpoint.read(request)
        put = endpoint.body(wanted, speaker)
        if wanted.temperature:
            return Alone(lambda: answered(put), drawing)
        return await answered(put)

    async def answered(put: dict[str, Any]) -> Response:
        answer: Response = await handler.handle_request(put, f"chatcmpl-{uuid.uuid4().hex}")
        answer.headers.update({"Cache-Control": "no-store"})
        return answer

    def models(_: Request) -> Response:
        return JSONResponse({"object": "list", "data": [entry]})

    def model(request: Request) -> Response:
        if request.path_params["name"] != speaker.name:
            raise HTTPException(404, f"there is no such model here, only {speaker.name!r}")
        return JSONResponse(entry)

    return Starlette(
        routes=[
            Route("/", _file("index.html", "text/html")),
            Route("/page.css", _file("page.css", "text/css", fonts.face_css())),
            Route("/page.js", _file("page.js", "text/javascript")),
            Route("/v1/models", models),
            Route("/v1/models/{name:path}", model),
            Route("/v1/chat/completions", chat, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)],
        exception_handlers={HTTPException: endpoint.refused, 500: endpoint.refused},
    )


def listener(port: int) -> socket.socket:
    """A socket on loopback, on a free port where `port` is 0. Raises UsageError where the port is taken."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
        bound.listen()  # who comes while the model loads waits
    except OSError as error:
        bound.close()
        raise UsageError(f"port {port} cannot be listened on ({error.strerror}): give another --port") from None
    return bound


def server(speaker: Speaker) -> uvicorn.Server:
    """What answers on a listener: `server(speaker).run([listener(port)])`."""
    config = uvicorn.Config(
        application(speaker), log_level="warning", access_log=False, timeout_graceful_shutdown=LAST_WORDS
    )
    return uvicorn.Server(config)


def _require_own_page(request: Request) -> None:
    """Refuse what a page of another site sends through a browser; a program sends no Origin."""
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{request.headers['host']}":
        raise HTTPException(403, "only this server's own page may ask it")


def _file(name: str, media_type: str, before: str = "") -> Any:
    content = before + (PAGE / name).read_text(encoding="utf-8")

    def answer(_: Request) -> Response:
        return Response(content, media_type=media_type, headers=HEADERS)

    return answer
