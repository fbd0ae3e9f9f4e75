"""Who may do what: users by their tokens, organisations by their members."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import HubError

_CREATED = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Identity:
    """Who sends a request."""

    user: str | None = None
    """None: nobody said."""
    role: str = "read"
    """What the token allows: `read` or `write`."""


@dataclass
class Accounts:
    """Tokens, organisations, storage limits."""

    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    """Token -> {"user": ..., "role": ...}."""
    organisations: dict[str, dict[str, str]] = field(default_factory=dict)
    """Organisation -> member -> role in it: `admin`, `write` or `read`."""
    quotas: dict[str, int] = field(default_factory=dict)
    """Owner -> bytes that all its repositories may hold together."""
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    """Signs the addresses of uploads, which carry no token."""

    def issue(self, user: str, role: str) -> str:
        """A new token in the form of the real ones."""
        if role not in ("read", "write"):
            raise ValueError(f"a token's role is read or write, not {role!r}")
        token = f"hf_{secrets.token_hex(17)}"
        self.tokens[token] = {"user": user, "role": role}
        return token

    def identify(self, authorization: str | None) -> Identity:
        """Who sends this header.

        Raises:
            HubError: 401, the token is not one of ours.
        """
        if not authorization:
            return Identity()
        known = self.tokens.get(authorization.removeprefix("Bearer ").strip())
        if known is None:
            raise HubError(401, "Invalid credentials in Authorization header")
        return Identity(known["user"], known["role"])

    def rights(self, user: str | None, owner: str) -> str | None:
        """What a user may do with an owner's repositories: admin, write, read or (None) nothing."""
        if user is None:
            return None
        return "admin" if user == owner else self.organisations.get(owner, {}).get(user)

    def sign(self, *parts: object) -> str:
        """A signature that only this Hub can make."""
        text = "\n".join(str(part) for part in parts)
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]

    def whoami(self, who: Identity) -> dict[str, Any]:
        """The answer of /api/whoami-v2."""
        if who.user is None:
            raise HubError(401, "Invalid username or password.")
        token = {"displayName": "test", "role": who.role, "createdAt": _CREATED}
        return _account("user", who.user) | {
            "email": f"{who.user}@example.org",
            "emailVerified": True,
            "orgs": [
                _account("org", name) | {"email": None, "roleInOrg": members[who.user]}
                for name, members in sorted(self.organisations.items())
                if who.user in members
            ],
            "auth": {"type": "access_token", "accessToken": token},
        }

    def as_dict(self) -> dict[str, Any]:
        """For the disk."""
        return asdict(self)


def _account(kind: str, name: str) -> dict[str, Any]:
    identifier = hashlib.sha256(f"{kind} {name}".encode()).hexdigest()[:24]
    about = {"type": kind, "id": identifier, "name": name, "fullname": name, "isPro": False}
    return about | {"canPay": False, "periodEnd": None, "avatarUrl": f"/avatars/{identifier}.svg"}
