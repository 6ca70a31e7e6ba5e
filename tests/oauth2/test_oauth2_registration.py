"""An administrator makes a consumer a client of OAuth 2.0 from the command line; the demo has such clients."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from codeflow import CALLBACK, Client, get_tokens, post, refused, tokens_of, works
from joserfc import jwk
from making import Key, new_consumer
from serving import Browser, WebService

from usosapi_mleg.cli import commands
from usosapi_mleg.demo.fill import fill


def run(service: WebService, *arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(commands, ["oauth2-client", *arguments], env=dict(service.environment))


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app that has only used OAuth 1.0a so far."""
    return new_consumer(service.app, administrative=True)


def printed(done: Result) -> dict[str, str]:
    """Give what the command printed."""
    assert done.exit_code == 0, done.stderr
    return dict(line.split() for line in done.stdout.splitlines())


def test_a_consumer_gets_a_client_secret_that_works_until_the_next_one(
    service: WebService, student: Browser, consumer: Key
) -> None:
    first = printed(run(service, consumer.key, "--redirect-uri", CALLBACK))
    app = Client(first["client_id"], consumer.secret, first["client_secret"], CALLBACK)
    assert works(service, get_tokens(service, student, app)["access_token"])
    assert printed(run(service, consumer.key, "--redirect-uri", CALLBACK))["client_secret"] != first["client_secret"]
    answer = post(service, "token", grant_type="client_credentials", **app.credentials)
    assert refused(answer) == (401, "invalid_client")


def test_a_public_kiosk_gets_no_secret(service: WebService, consumer: Key) -> None:
    assert printed(run(service, consumer.key, "--public", "--kiosk")) == {"client_id": consumer.key}
    assert "user_code" in tokens_of(post(service, "device_authorization", client_id=consumer.key))


def test_keys_are_registered_instead_of_a_secret(service: WebService, consumer: Key, tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    private = jwk.ECKey.generate_key("P-256")
    keys.write_text(json.dumps({"keys": [private.as_dict(private=False)]}))
    assert printed(run(service, consumer.key, "--jwks", str(keys))) == {"client_id": consumer.key}
    answer = post(service, "token", grant_type="client_credentials", client_id=consumer.key)
    assert refused(answer) == (401, "invalid_client")
    keys.write_text(json.dumps({"keys": [private.as_dict(private=True)]}))
    assert "public keys" in run(service, consumer.key, "--jwks", str(keys)).stderr
    for content in ("[]", "x"):
        keys.write_text(content)
        assert run(service, consumer.key, "--jwks", str(keys)).exit_code != 0


@pytest.mark.parametrize("arguments", [("--redirect-uri", "http://app.example.edu.pl/"), ("nobody",)])
def test_what_cannot_be_done_is_said_in_one_sentence(
    service: WebService, consumer: Key, arguments: tuple[str, ...]
) -> None:
    known = (consumer.key,) if arguments[0].startswith("--") else ()
    done = run(service, *known, *arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_apps_of_the_demo_can_be_used_and_a_second_start_says_the_same(
    service: WebService, student: Browser
) -> None:
    apps = service.filled["consumers"]
    assert fill(service.app)["consumers"] == apps
    for app in apps:
        redirect_uri = app["redirect_uris"][0].replace("127.0.0.1", "127.0.0.1:49152")
        client = Client(app["oauth2_client_id"], app["secret"], app["oauth2_client_secret"], redirect_uri)
        assert works(service, get_tokens(service, student, client)["access_token"])
        own = post(service, "token", grant_type="client_credentials", **client.credentials)
        assert (own.status_code == 200) == app["administrative"]
