"""Webhooks after Standard Webhooks 1.0 (https://www.standardwebhooks.com): signed, with an id to tell repeats."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpx2
import orjson

from forecaster.domain.alerts import Raised
from forecaster.domain.errors import BadSetting

PREFIX = "whsec_"
LEAST_BYTES = 24  # of a key, as the standard asks
SECONDS = 10.0  # that a receiver may take to answer
HOW = "Make one with `python -c \"import base64, secrets; print('whsec_' + base64.b64encode(secrets.token_bytes(32))"
HOW += '.decode())"`.'
ADDRESSES, SECRET = "SECTORCAST_WEBHOOKS", "SECTORCAST_WEBHOOK_SECRET"


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Where alerts are sent, and what they are signed with."""

    addresses: tuple[str, ...]
    key: bytes
    service: str  # its address, which links begin with

    def send(self, raised: Raised, *, address: str, now: datetime) -> None:
        """Send one alert, once.

        Raises:
            httpx2.HTTPError: nobody answered, or not with 2xx; a redirect is not followed.
            httpx2.InvalidURL: the address can't be asked.
        """
        body = body_of(raised, service=self.service)
        headers = signed(body, message_id=raised.alert.alert_id, now=now, key=self.key)
        answer = httpx2.post(address, content=body, headers=headers, timeout=SECONDS, follow_redirects=False)
        if not answer.is_success:
            raise httpx2.HTTPStatusError(f"it answered {answer.status_code}", request=answer.request, response=answer)


def webhooks(addresses: Sequence[str], *, secret: str | None, service: str) -> Webhooks | None:
    """What the settings say of webhooks; None where there are none.

    Args:
        addresses: that alerts are sent to.
        secret: what they are signed with.
        service: the address by which receivers reach the service, without a slash at its end.

    Raises:
        BadSetting: an address that can't be sent to, or a secret that is missing or too short.
    """
    if not addresses:
        return None
    for address in addresses:
        _check(address)
    if secret is None:
        raise BadSetting(name=SECRET, what=f"is missing, and webhooks are signed. {HOW}")
    return Webhooks(tuple(dict.fromkeys(addresses)), _key(secret), service)


def body_of(raised: Raised, *, service: str) -> bytes:
    """What is sent: type, time and the alert, whose link is whole: a receiver knows no other address of the service."""
    alert = raised.alert
    data = {
        "id": alert.alert_id,
        "kind": alert.kind,
        "severity": alert.severity,
        "at": alert.at,
        "about": alert.about,
        "text": alert.text,
        "evidence": alert.evidence,
        "link": f"{service}{alert.link}" if alert.link else "",
    }
    told = {"type": f"alert.{alert.kind}", "timestamp": raised.raised_at, "data": data}
    return orjson.dumps(told, option=orjson.OPT_UTC_Z)


def signed(body: bytes, *, message_id: str, now: datetime, key: bytes) -> dict[str, str]:
    """The headers of a webhook.

    Args:
        body: as it is sent.
        message_id: the same for every attempt.
        now: with a zone; receivers refuse what is too old.
        key: of the receiver.
    """
    at = str(int(now.timestamp()))
    digest = hmac.new(key, b".".join([message_id.encode(), at.encode(), body]), hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _check(address: str) -> None:
    try:
        parts = urlsplit(address)
        is_sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        httpx2.URL(address)
    except (ValueError, httpx2.InvalidURL):
        is_sound = False
    if not is_sound or any(sign.isspace() for sign in address):
        raise BadSetting(
            name=ADDRESSES, what=f"{address!r} is no address; write http(s)://host/path, several with commas."
        )
    if parts.username is not None or parts.fragment:
        raise BadSetting(
            name=ADDRESSES, what=f"the address at {parts.hostname} has a user or a fragment; leave it out."
        )


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or len(key) < LEAST_BYTES:
        raise BadSetting(name=SECRET, what=f"is not {PREFIX} and at least {LEAST_BYTES} bytes in base64. {HOW}")
    return key
