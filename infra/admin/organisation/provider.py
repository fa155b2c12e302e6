"""The provider: where it is asked, and what an identity token of it must say to be believed."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from storage.errors import ServiceUnavailable, TabibError, UsageError
from storage.settings import settings

# Signatures that only the provider can make: none, and those by the shared secret, are not among them.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
LEEWAY_SECONDS = 60  # that two clocks may differ
DISCOVERED_SECONDS = 3600
TIMEOUT_SECONDS = 10
_discovered: dict[str, tuple[float, dict[str, Any]]] = {}


class Refused(TabibError):
    """What came back from the provider is not to be believed."""


@dataclass(frozen=True)
class Asked:
    """What a browser keeps while its person is at the provider."""

    state: str
    nonce: str
    verifier: str


def ask(redirect: str) -> tuple[str, Asked]:
    """Where to send the browser, and what it must bring back. Raises ServiceUnavailable."""
    asked = Asked(*(secrets.token_urlsafe(32) for _ in range(3)))
    with _client(redirect) as client:
        address, _ = client.create_authorization_url(
            _metadata(client)["authorization_endpoint"],
            state=asked.state,
            nonce=asked.nonce,
            code_verifier=asked.verifier,
        )
    return str(address), asked


def redeem(redirect: str, asked: Asked, code: str) -> dict[str, Any]:
    """The claims of who logged in. Raises Refused, or ServiceUnavailable where the provider does not answer."""
    with _client(redirect) as client:
        metadata = _metadata(client)
        try:
            token = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=asked.verifier)
            return _believed(_decoded(client, str(token.get("id_token", ""))), asked)
        except OAuthError as error:
            raise Refused(f"the provider gave no token: {error.error}") from None
        except (JoseError, ValueError) as error:
            raise Refused(f"the identity token is not believed: {type(error).__name__}") from None
        except httpx2.HTTPError as error:
            raise _silent(error) from None


def _client(redirect: str) -> OAuth2Client:
    chosen = settings()
    if not (chosen.oidc_issuer and chosen.oidc_client_id and chosen.oidc_client_secret):
        raise UsageError("TABIB_OIDC_ISSUER, TABIB_OIDC_CLIENT_ID and TABIB_OIDC_CLIENT_SECRET go together")
    secret = chosen.oidc_client_secret.get_secret_value()
    return OAuth2Client(
        chosen.oidc_client_id,
        secret,
        scope="openid email",
        redirect_uri=redirect,
        code_challenge_method="S256",
        timeout=TIMEOUT_SECONDS,
    )


def _metadata(client: OAuth2Client) -> dict[str, Any]:
    issuer = str(settings().oidc_issuer)
    at, found = _discovered.get(issuer, (0.0, {}))
    if time.monotonic() - at > DISCOVERED_SECONDS or not found:
        found = _read(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ServiceUnavailable("the provider calls itself otherwise than TABIB_OIDC_ISSUER does")
        if not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= found.keys():
            raise ServiceUnavailable("the provider of TABIB_OIDC_ISSUER does not tell all its addresses")
        _discovered[issuer] = (time.monotonic(), found)
    return found


def _read(client: OAuth2Client, url: str) -> dict[str, Any]:
    try:
        answer = client.request("GET", url, withhold_token=True)
        answer.raise_for_status()
        return dict(answer.json())
    except (httpx2.HTTPError, ValueError) as error:
        raise _silent(error) from None


def _silent(error: Exception) -> ServiceUnavailable:
    return ServiceUnavailable(f"the provider of TABIB_OIDC_ISSUER does not answer as one ({type(error).__name__})")


def _decoded(client: OAuth2Client, token: str) -> dict[str, Any]:
    # Read at each log-in: a provider changes its keys when one is lost.
    keys = KeySet.import_key_set(_read(client, _metadata(client)["jwks_uri"]))  # type: ignore[arg-type]
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except InvalidKeyIdError:
        raise Refused("the identity token is signed with a key that the provider does not list") from None


def _believed(claims: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """OpenID Connect Core 1.0, 3.1.3.7."""
    client = str(settings().oidc_client_id)
    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": str(settings().oidc_issuer)},
        aud={"essential": True, "value": client},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": asked.nonce},
    )
    registry.validate(claims)
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client) != client:
        raise Refused("the identity token was made for another client")
    return claims
