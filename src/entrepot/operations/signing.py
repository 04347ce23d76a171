"""Signed, expiring capabilities for URLs and tokens, and encryption of secrets at rest, from one key."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from entrepot.domain.content import Json
from entrepot.domain.errors import Corrupt, Forbidden

MAX_CAPABILITY = 4096
"""Longer ones were not made here."""


class Signer:
    """What holds the instance's key. A capability says what it is for, and is good for nothing else."""

    def __init__(self, key: str) -> None:
        self._key = _derive(key, b"entrepot capabilities")
        self._vault = Fernet(base64.urlsafe_b64encode(_derive(key, b"entrepot vault")))

    def sign(self, purpose: str, claims: Mapping[str, Json], seconds: int) -> str:
        """A capability for the purpose, in URL-safe text, good for that many seconds."""
        body = json.dumps({**claims, "exp": int(time.time()) + seconds}, separators=(",", ":")).encode()
        return f"{_text(body)}.{_text(self._mac(purpose, body))}"

    def open(self, purpose: str, capability: str) -> Mapping[str, Json]:
        """The claims of a capability made here for that purpose; raises `Forbidden` for any other, and once expired."""
        body, _, mac = capability.partition(".")
        try:
            data, given = _bytes(body), _bytes(mac)
        except ValueError:
            raise Forbidden("the link or token is malformed") from None
        if len(capability) > MAX_CAPABILITY or not hmac.compare_digest(given, self._mac(purpose, data)):
            raise Forbidden("the link or token was not issued by this registry for this purpose")
        claims: Mapping[str, Json] = json.loads(data)
        expires = claims["exp"]
        if not isinstance(expires, int) or expires < time.time():
            raise Forbidden("the link or token has expired; ask for a new one")
        return claims

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self._key, purpose.encode() + b"\0" + body, hashlib.sha256)

    def encrypt(self, secret: str) -> str:
        """The secret, so that the catalog alone does not give it away (Fernet: AES-CBC and HMAC)."""
        return self._vault.encrypt(secret.encode()).decode() if secret else ""

    def decrypt(self, kept: str) -> str:
        """The secret; raises `Corrupt` where the key is not the one that it was encrypted with."""
        if not kept:
            return ""
        try:
            return self._vault.decrypt(kept.encode()).decode()
        except InvalidToken:
            raise Corrupt("a stored secret can't be read with this instance's secret key") from None


def _derive(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(key.encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def new_token() -> str:
    """A token as clients want it: `hf_` and 37 letters and digits, over 200 bits of chance."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "hf_" + "".join(secrets.choice(letters) for _ in range(37))
