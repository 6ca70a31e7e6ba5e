"""What the demo prints when it is ready: where to click, and an OAuth session to paste."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCOPES = "mlegitymacja|mlegitymacja_order|mlegitymacja_activation"


def announcement(description: Mapping[str, Any], *, file: Path) -> str:
    """Return the text for the person at the terminal.

    :param description: what stands in ``demo.json``
    :param file: the path of ``demo.json``
    """
    student = next(user for user in description["users"] if user["scenario"] == "eligible")
    consumer = description["consumers"][0]
    base = description["base_url"]
    return f"""
The demo is ready; Ctrl-C stops it.

  Student's page   {description["page_url"]}
  Sign in as       {student["username"]}   password   {student["password"]}
  Phone            {description["phone_url"]}
  Ministry         {description["sandbox_url"]}control (delays, faults)
  API              {base}services/apiref/method_index
  App (consumer)   {consumer["name"]}: key {consumer["key"]}   secret {consumer["secret"]}
  All of it        {file}

An OAuth session to paste into {sys.executable}:

from requests_oauthlib import OAuth1Session
usos = OAuth1Session("{consumer["key"]}", "{consumer["secret"]}", callback_uri="oob")
usos.fetch_request_token("{base}services/oauth/request_token?scopes={SCOPES}")
print("Open", usos.authorization_url("{base}services/oauth/authorize"))
usos.fetch_access_token("{base}services/oauth/access_token", verifier=input("PIN: "))
print(usos.post("{base}services/mlegitymacja/order").json())
"""
