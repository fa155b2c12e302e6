"""A small OpenID provider on loopback: one person who is always logged in there, real keys, PKCE held to."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from infra.listening import listen

CLIENT, SECRET = "tabib-admin", "what the provider gave"
Spoil = Callable[[dict[str, Any]], dict[str, Any]]


def packed(part: dict[str, Any]) -> str:
    """One part of a JSON Web Token."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


class Provider:
    """What it signs may be spoilt: `claims` changes them, `sign` makes the token otherwise."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.listed = [self.key]
        self.person = {"sub": "248289761001", "email": "Maryam@Clinic.example", "email_verified": True}
        self.claims: Spoil = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.codes: dict[str, dict[str, str]] = {}

    def signed(self, claims: dict[str, Any], key: RSAKey | None = None) -> str:
        chosen = key or self.key
        return jwt.encode({"alg": "RS256", "kid": chosen.kid}, claims, chosen)

    def unsigned(self, claims: dict[str, Any]) -> str:
        return f"{packed({'alg': 'none', 'typ': 'JWT'})}.{packed(claims)}."

    def by_secret(self, claims: dict[str, Any]) -> str:
        """The old trick: the public key, which everybody has, taken for a shared secret."""
        said = f"{packed({'alg': 'HS256', 'kid': 'one'})}.{packed(claims)}"
        signature = hmac.digest(self.key.as_pem(private=False), said.encode(), "sha256")
        return f"{said}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    async def configuration(self, _: Request) -> Response:
        places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        told: dict[str, Any] = {name: self.issuer + path for name, path in places.items()}
        told["id_token_signing_alg_values_supported"] = ["none", "HS256", "RS256"]
        return JSONResponse(told | {"issuer": self.issuer})

    async def keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.listed]})

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        asked = self.codes.pop(str(form["code"]), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest()).decode()
        if (
            asked is None
            or request.headers["authorization"] != f"Basic {basic}"
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != challenge.rstrip("=")
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        token = {"access_token": "a", "token_type": "Bearer", "id_token": self.sign(self.claims(said))}
        return JSONResponse(token)


@contextmanager
def provider() -> Iterator[Provider]:
    """It serves until the block ends."""
    with listen("127.0.0.1", 0) as listener:
        own = Provider(f"http://127.0.0.1:{listener.getsockname()[1]}")
        routes = [
            Route("/.well-known/openid-configuration", own.configuration),
            Route("/keys", own.keys),
            Route("/authorize", own.authorize),
            Route("/token", own.token, methods=["POST"]),
        ]
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield own
        server.should_exit = True
        thread.join()
