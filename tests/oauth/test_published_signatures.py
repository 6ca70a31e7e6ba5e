"""Every signature here was published by somebody else, together with the request and the secrets that it belongs to.

Sources: RFC 5849 (sections 1.2, 2 and 3.4.1, with erratum 2550); OAuth Core 1.0 Revision A (sections 5.1, 9.4 and appendix A); the page
"TestCases" of the OAuth wiki (wiki.oauth.net); "Creating a signature" and "Sign in with Twitter" of the documentation of Twitter, now X;
the page "OAuth example" of CartoDB's wiki; "The Signature for Web Services and RESTlets" and "The Authorization Headers" of Oracle's
documentation of NetSuite.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

import pytest

from usosapi_mleg.errors import UnauthenticatedError
from usosapi_mleg.oauth import signature
from usosapi_mleg.oauth.signature import SignedRequest

PHOTOS = "dpf43f3p2l4k3l03"
PHOTOS_SECRET = "kd94hf93k423kf44"
TWITTER = {
    "oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog",
    "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_timestamp": "1318622958",
    "oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
    "oauth_version": "1.0",
}
TWITTER_SECRETS = ("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE")
TWEET = "status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%20request%21"
NETSUITE = {
    "oauth_consumer_key": "ef40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4",
    "oauth_token": "2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc",
    "oauth_nonce": "fjaLirsIcCGVZWzBX0pg",
    "oauth_timestamp": "1508242306",
    "oauth_signature_method": "HMAC-SHA256",
    "oauth_version": "1.0",
}
NETSUITE_SECRETS = (
    "d26ad321a4b2f23b0741c8d38392ce01c3e23e109df6c96eac6d099e9ab9e8b5",
    "c29a677df7d5439a458c063654187e3d678d73aca8e3c9d8bea1478a3eb0d295",
)


@dataclass(frozen=True)
class Example:
    """A published request, its secrets and its signature."""

    method: str
    url: str
    oauth: dict[str, str]
    secrets: tuple[str, str]
    signature: str
    body: str = ""

    def request(self, **changes: str) -> SignedRequest:
        """Give it as the server reads it; `changes` are made on the way."""
        uri, _, query = str(changes.get("url", self.url)).partition("?")
        oauth = self.oauth | {"oauth_signature": changes.get("signature", self.signature)}
        header = ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in oauth.items())
        return signature.gather(
            changes.get("method", self.method),
            uri,
            parse_qsl(query, keep_blank_values=True),
            parse_qsl(changes.get("body", self.body), keep_blank_values=True),
            f'OAuth realm="Example", {header}',
        )


def photos(method: str = "HMAC-SHA1", **oauth: str) -> dict[str, str]:
    """Give the parameters of the printer's calls."""
    names = {f"oauth_{name}": value for name, value in oauth.items()}
    return {"oauth_consumer_key": PHOTOS, "oauth_signature_method": method} | names


EXAMPLES = {
    "RFC 5849, 1.2: temporary credentials": Example(
        "POST",
        "https://photos.example.net/initiate",
        photos(timestamp="137131200", nonce="wIjqoS", callback="http://printer.example.com/ready"),
        (PHOTOS_SECRET, ""),
        "74KNZJeDHnMBp0EMJ9ZHt/XKycU=",
    ),
    "RFC 5849, 1.2: token credentials": Example(
        "POST",
        "https://photos.example.net/token",
        photos(token="hh5s93j4hdidpola", timestamp="137131201", nonce="walatlh", verifier="hfdp7dh39dks9884"),
        (PHOTOS_SECRET, "hdhd0244k9j7ao03"),
        "gKgrFCywp7rO0OXSjdot/IHF7IU=",
    ),
    "RFC 5849, 1.2: the photo": Example(
        "GET",
        "http://photos.example.net/photos?file=vacation.jpg&size=original",
        photos(token="nnch734d00sl2jdk", timestamp="137131202", nonce="chapoH"),
        (PHOTOS_SECRET, "pfkkdhi9sl3r4s00"),
        "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
    ),
    "RFC 5849, 3.1 and 3.4.1, as erratum 2550 has it": Example(
        "POST",
        "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        {
            "oauth_consumer_key": "9djdj82h48djs9d2",
            "oauth_token": "kkk9d7dh3k39sjv7",
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": "137131201",
            "oauth_nonce": "7d8f3e4a",
        },
        ("j49sk3j29djd", "dh893hdasih9"),
        "r6/TJjbCOr97/+UU0NsvSne7s5g=",
        body="c2&a3=2+q",
    ),
    "RFC 5849, 2.1: PLAINTEXT": Example(
        "POST",
        "https://server.example.com/request_temp_credentials",
        {
            "oauth_consumer_key": "jd83jd92dhsh93js",
            "oauth_signature_method": "PLAINTEXT",
            "oauth_callback": "http://client.example.net/cb?x=1",
        },
        ("ja893SD9", ""),
        "ja893SD9&",
    ),
    "RFC 5849, 2.3: PLAINTEXT": Example(
        "POST",
        "https://server.example.com/request_token",
        {
            "oauth_consumer_key": "jd83jd92dhsh93js",
            "oauth_token": "hdk48Djdsa",
            "oauth_signature_method": "PLAINTEXT",
            "oauth_verifier": "473f82d3",
        },
        ("ja893SD9", "xyz4992k83j47x0b"),
        "ja893SD9&xyz4992k83j47x0b",
    ),
    "OAuth Core 1.0a, appendix A.2: PLAINTEXT": Example(
        "POST",
        "https://photos.example.net/request_token",
        photos(
            "PLAINTEXT",
            timestamp="1191242090",
            nonce="hsu94j3884jdopsl",
            version="1.0",
            callback="http://printer.example.com/request_token_ready",
        ),
        (PHOTOS_SECRET, ""),
        "kd94hf93k423kf44&",
    ),
    "OAuth Core 1.0a, appendix A.4: PLAINTEXT": Example(
        "POST",
        "https://photos.example.net/access_token",
        photos(
            "PLAINTEXT",
            token="hh5s93j4hdidpola",
            timestamp="1191242092",
            nonce="dji430splmx33448",
            version="1.0",
            verifier="hfdp7dh39dks9884",
        ),
        (PHOTOS_SECRET, "hdhd0244k9j7ao03"),
        "kd94hf93k423kf44&hdhd0244k9j7ao03",
    ),
    "OAuth Core 1.0a, appendix A.5, and the wiki's TestCases": Example(
        "GET",
        "http://photos.example.net/photos?file=vacation.jpg&size=original",
        photos(token="nnch734d00sl2jdk", timestamp="1191242096", nonce="kllo9940pd9333jh", version="1.0"),
        (PHOTOS_SECRET, "pfkkdhi9sl3r4s00"),
        "tR3+Ty81lMeYAr/Fid0kMTYa/WM=",
    ),
    "OAuth Core 1.0a, 9.4.1: PLAINTEXT with a letter that is encoded": Example(
        "POST",
        "https://photos.example.net/access_token",
        photos("PLAINTEXT"),
        ("djr9rjt0jd78jf88", "jjd99$tj88uiths3"),
        "djr9rjt0jd78jf88&jjd99%24tj88uiths3",
    ),
    "Twitter, Creating a signature, version 1": Example(
        "POST",
        "https://api.twitter.com/1/statuses/update.json?include_entities=true",
        TWITTER,
        TWITTER_SECRETS,
        "tnnArxj06cWHq44gCs1OSKk/jLY=",
        body=TWEET,
    ),
    "Twitter, Creating a signature, version 1.1": Example(
        "POST",
        "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
        TWITTER,
        TWITTER_SECRETS,
        "hCtSmYh+iHYCEqBWrE7C7hYmtUk=",
        body=TWEET,
    ),
    "X, Creating a signature": Example(
        "POST",
        "https://api.x.com/1.1/statuses/update.json?include_entities=true",
        TWITTER,
        TWITTER_SECRETS,
        "Ls93hJiZbQ3akF3HF3x1Bz8/zU4=",
        body=TWEET,
    ),
    "Twitter, Sign in with Twitter": Example(
        "POST",
        "https://api.twitter.com/oauth/request_token",
        {
            "oauth_callback": "http://localhost/sign-in-with-twitter/",
            "oauth_consumer_key": "cChZNFj6T5R0TigYB9yd1w",
            "oauth_nonce": "ea9ec8429b68d6b77cd5600adbbb0456",
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": "1318467427",
            "oauth_version": "1.0",
        },
        ("L8qq9PZyRg6ieKGEKhZolGC0vJWLw8iEJ88DRdyOg", ""),
        "F1Li3tvehgcraF8DMJ7OyxO4w9Y=",
    ),
    "CartoDB, OAuth example": Example(
        "GET",
        "http://vizzuality.testhost.lan/api/v1/tables",
        {
            "oauth_consumer_key": "fZeNGv5iYayvItgDYHUbot1Ukb5rVyX6QAg8GaY2",
            "oauth_nonce": "W0zUmvyC4eVL8cBd4YwlH1nnPTbxW0QBYcWkXTwe4",
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": "1313581372",
            "oauth_token": "l0lPbtP68ao8NfStCiA3V3neqfM03JKhToxhUQTR",
            "oauth_version": "1.0",
        },
        ("IBLCvPEefxbIiGZhGlakYV4eM8AbVSwsHxwEYpzx", "22zBIek567fMDEebzfnSdGe8peMFVFqAreOENaDK"),
        "o4hx4hWP6KtLyFwggnYB4yPK8xI=",
    ),
    "NetSuite, a REST web service: HMAC-SHA256": Example(
        "GET",
        "https://123456.suitetalk.api.netsuite.com/services/rest/record/v1/employee/40",
        NETSUITE,
        NETSUITE_SECRETS,
        "B5OIWznZ2YP0OB7VrJrGkYsTh+8H+5T9Hag+o92q0zY=",
    ),
    "NetSuite, a RESTlet: HMAC-SHA256": Example(
        "POST",
        "https://123456.restlets.api.netsuite.com/app/site/hosting/restlet.nl"
        "?script=6&deploy=1&customParam=someValue&testParam=someOtherValue",
        NETSUITE,
        NETSUITE_SECRETS,
        "+KK4SKNgz4ZiILGLwOMtfYlgcXSy1eis8ldE9X90azQ=",
    ),
}

SIGNED_WHOLE = [name for name, example in EXAMPLES.items() if example.oauth["oauth_signature_method"] != "PLAINTEXT"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_published_signature_is_right(name: str) -> None:
    example = EXAMPLES[name]
    signature.verify(example.request(), *example.secrets)


@pytest.mark.parametrize("name", EXAMPLES)
def test_with_a_letter_changed_it_is_wrong(name: str) -> None:
    example = EXAMPLES[name]
    for place in (0, len(example.signature) // 2):
        other = "A" if example.signature[place] != "A" else "B"
        forged = example.signature[:place] + other + example.signature[place + 1 :]
        refuse(example.request(signature=forged), *example.secrets)
    refuse(example.request(signature=""), *example.secrets)


@pytest.mark.parametrize("name", EXAMPLES)
def test_with_other_secrets_it_is_wrong(name: str) -> None:
    example = EXAMPLES[name]
    consumer_secret, token_secret = example.secrets
    refuse(example.request(), consumer_secret + "x", token_secret)
    refuse(example.request(), consumer_secret, token_secret + "x")
    refuse(example.request(), "", token_secret)


@pytest.mark.parametrize("name", SIGNED_WHOLE)
def test_for_another_request_it_is_wrong(name: str) -> None:
    example = EXAMPLES[name]
    joint = "&" if "?" in example.url else "?"
    for change in (
        {"method": "DELETE"},
        {"url": example.url.replace("://", "://x")},
        {"url": f"{example.url}{joint}more=1"},
        {"body": f"{example.body}&more=1"},
    ):
        refuse(example.request(**change), *example.secrets)


def refuse(request: SignedRequest, consumer_secret: str, token_secret: str) -> None:
    """Check that the signature does not hold."""
    with pytest.raises(UnauthenticatedError):
        signature.verify(request, consumer_secret, token_secret)


def test_the_signature_printed_in_section_3_1_of_the_rfc_is_wrong_as_its_erratum_says() -> None:
    example = EXAMPLES["RFC 5849, 3.1 and 3.4.1, as erratum 2550 has it"]
    refuse(example.request(signature="bYT5CMsGcbgUdFHObYMEfcx6bsw="), *example.secrets)


def test_the_base_string_of_section_3_4_1_1_of_the_rfc_comes_out() -> None:
    request = EXAMPLES["RFC 5849, 3.1 and 3.4.1, as erratum 2550 has it"].request()
    assert signature.base_string(request, request.parameters) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26"
        "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26"
        "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


@pytest.mark.parametrize(
    ("parameters", "normalized"),
    [
        ("name", "name="),
        ("a=b", "a=b"),
        ("a=b&c=d", "a=b&c=d"),
        ("a=x!y&a=x+y", "a=x%20y&a=x%21y"),
        ("x!y=a&x=a", "x=a&x%21y=a"),
    ],
)
def test_parameters_are_normalized_as_in_the_wiki(parameters: str, normalized: str) -> None:
    request = SignedRequest("GET", "http://example.com/", parse_qsl(parameters, keep_blank_values=True), {})
    base = signature.base_string(request, request.parameters)
    assert base == f"GET&http%3A%2F%2Fexample.com%2F&{quote(normalized, safe='')}"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("abcABC123", "abcABC123"),
        ("-._~", "-._~"),
        ("%", "%25"),
        ("+", "%2B"),
        ("&=*", "%26%3D%2A"),
        ("\n", "%0A"),
        (" ", "%20"),
        ("\x7f", "%7F"),
        ("\x80", "%C2%80"),
        ("\u3001", "%E3%80%81"),
    ],
)
def test_letters_are_encoded_as_in_the_wiki(value: str, encoded: str) -> None:
    request = SignedRequest("GET", "http://example.com/", [("n", value)], {})
    assert signature.base_string(request, request.parameters).endswith(f"&n%3D{quote(encoded, safe='')}")


@pytest.mark.parametrize(
    ("method", "url", "parameters", "base"),
    [
        ("GET", "http://example.com/", "n=v", "GET&http%3A%2F%2Fexample.com%2F&n%3Dv"),
        ("GET", "http://example.com", "n=v", "GET&http%3A%2F%2Fexample.com%2F&n%3Dv"),
        (
            "POST",
            "https://photos.example.net/request_token",
            (
                "oauth_version=1.0&oauth_consumer_key=dpf43f3p2l4k3l03&oauth_timestamp=1191242090&oauth_nonce=hsu94j3884jdopsl"
                "&oauth_signature_method=PLAINTEXT&oauth_signature=ignored"
            ),
            (
                "POST&https%3A%2F%2Fphotos.example.net%2Frequest_token&oauth_consumer_key%3Ddpf43f3p2l4k3l03%26"
                "oauth_nonce%3Dhsu94j3884jdopsl%26oauth_signature_method%3DPLAINTEXT%26oauth_timestamp%3D1191242090%26"
                "oauth_version%3D1.0"
            ),
        ),
        (
            "GET",
            "http://photos.example.net/photos",
            (
                "file=vacation.jpg&size=original&oauth_version=1.0&oauth_consumer_key=dpf43f3p2l4k3l03&oauth_token=nnch734d00sl2jdk"
                "&oauth_timestamp=1191242096&oauth_nonce=kllo9940pd9333jh&oauth_signature=ignored&oauth_signature_method=HMAC-SHA1"
            ),
            (
                "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26"
                "oauth_nonce%3Dkllo9940pd9333jh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26"
                "oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal"
            ),
        ),
    ],
)
def test_requests_are_put_together_as_in_the_wiki(method: str, url: str, parameters: str, base: str) -> None:
    request = SignedRequest(method, url, parse_qsl(parameters, keep_blank_values=True), {})
    assert signature.base_string(request, request.parameters) == base


@pytest.mark.parametrize(
    ("secrets", "signed"),
    [(("cs", ""), "egQqG5AJep5sJ7anhXju1unge2I="), (("cs", "ts"), "VZVjXceV7JgPq/dOTnNmEfO0Fv8=")],
)
def test_a_text_is_signed_as_in_the_wiki(secrets: tuple[str, str], signed: str) -> None:
    assert signature._hmac("sha1", "&".join(secrets), "bs") == signed
