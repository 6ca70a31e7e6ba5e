"""The ministry over HTTP, as docs/ministry-protocol.md describes it."""

import base64
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import httpx

from usosapi_mleg.issuers.base import (
    Document,
    DocumentState,
    Refusal,
    RefusalKind,
    RejectedCallError,
    Result,
    Submission,
    UnavailableError,
)

_KINDS = {
    "person_has_document": RefusalKind.RETRY,
    "busy": RefusalKind.RETRY,
    "key_conflict": RefusalKind.KNOWN,
    "unknown_key": RefusalKind.UNKNOWN,
}
_MAKE_LATER = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT})


class HttpIssuer:
    """One connection pool to the ministry; safe to keep for the life of a process."""

    submission_size = 20
    batch_size = 100

    def __init__(self, base_url: str, key: str, timeout_seconds: float) -> None:
        self._client = httpx.Client(
            base_url=base_url + "/api/v1/",
            headers={"Authorization": f"Bearer {key}"},
            timeout=timeout_seconds,
            trust_env=False,
        )

    def submit(self, submissions: Sequence[Submission]) -> list[Result]:
        """Have documents made."""
        documents = [
            {
                "key": one.key,
                "person": {
                    "pesel": one.pesel,
                    "first_names": one.first_names,
                    "last_name": one.last_name,
                    "birth_date": one.birth_date.isoformat(),
                    "photo": base64.b64encode(one.photo).decode(),
                },
                "student_number": one.student_number,
                "valid_until": one.valid_until.isoformat(),
            }
            for one in submissions
        ]
        return self._call("documents", {"documents": documents}, [one.key for one in submissions])

    def fetch(self, keys: Sequence[str]) -> list[Result]:
        """Ask what became of documents."""
        return self._call("documents/fetch", {"keys": list(keys)}, keys)

    def revoke(self, keys: Sequence[str]) -> list[Result]:
        """Have documents revoked."""
        return self._call("documents/revoke", {"keys": list(keys), "reason": "cancelled"}, keys)

    def _call(self, path: str, body: dict[str, Any], keys: Sequence[str]) -> list[Result]:
        try:
            response = self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise UnavailableError(f"{path}: {type(error).__name__}") from error
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or response.status_code in _MAKE_LATER:
            raise UnavailableError(f"{path}: HTTP {response.status_code}", _retry_after(response))
        if response.status_code != httpx.codes.OK:
            raise RejectedCallError(f"{path}: HTTP {response.status_code}")
        try:
            items = response.json()["documents"]
            found = [item["key"] for item in items]
        except (ValueError, KeyError, TypeError) as error:
            raise UnavailableError(f"{path}: an answer that cannot be read ({type(error).__name__})") from error
        if found != list(keys):
            raise UnavailableError(f"{path}: the answer is about other documents")
        return [_result(item) for item in items]


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _result(item: dict[str, Any]) -> Result:
    """Read one result; one that cannot be read is asked for again, and does not hold up the others."""
    try:
        return _read_result(item)
    except (ValueError, KeyError, TypeError):
        return Refusal(item["key"], RefusalKind.RETRY, "unreadable")


def _read_result(item: dict[str, Any]) -> Result:
    if error := item.get("error"):
        return Refusal(item["key"], _KINDS.get(error["code"], RefusalKind.GIVE_UP), str(error["code"]))
    return Document(
        key=item["key"],
        state=DocumentState(item["state"]),
        token=item["token"],
        activation_code=item["code"],
        codes_expire_at=_moment(item["codes_expire_at"]),
        card_number=item["card_number"],
        issued_on=date.fromisoformat(item["issued_on"]) if item["issued_on"] else None,
        collected_at=_moment(item["collected_at"]),
        failure_code=item["failure"]["code"] if item["failure"] else None,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
