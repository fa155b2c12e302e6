"""Log-in through an organisation's OpenID provider: the authorization code flow with PKCE, for known accounts alone."""

from infra.admin.organisation.routes import begin, callback

__all__ = ["begin", "callback"]
