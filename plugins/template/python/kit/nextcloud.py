"""What every plugin needs besides its own code: tools out of functions, requests, and failures in sentences.

Change it where yours needs more. Never here: what a tool does. The contract beneath it, with every limit and each header
that passes, is in `wit/`.
"""

import json
import traceback
from urllib.parse import quote, urlencode

from componentize_py_types import Err
from wit_world.imports import nextcloud as host
from wit_world.imports.types import Access, Content_Text, Failure, FailureKind, Output, Tool

# Methods after which nothing has changed, whatever happened to the answer.
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH"}

_tools = {}


def tool(*, title, description, arguments, result, access=Access.READ, idempotent=True):
    """Makes a tool of a function from a dictionary of arguments to a line of text and a dictionary of data.

    `arguments` and `result` are the properties of JSON Schema objects; a property is required unless it says
    `"default"` (which the function then finds filled in) or `"optional": True` (which it finds absent).
    `access` is what the tool can do to the user's data at most; the host holds each of its requests to it.
    """

    def register(function):
        name = function.__name__
        description_of_it = Tool(
            name,
            title,
            description,
            json.dumps(_schema(arguments)),
            json.dumps(_schema(result)),
            access,
            idempotent,
            [],
        )
        defaults = {key: one["default"] for key, one in arguments.items() if "default" in one}
        _tools[name] = (description_of_it, function, defaults)
        return function

    return register


class Tools:
    """What the host asks of a plugin. The module that is built exports it: `from nextcloud import Tools`."""

    def describe(self):
        return [description for description, _, _ in _tools.values()]

    def call(self, name, arguments):
        _, function, defaults = _tools[name]
        try:
            text, data = function({**defaults, **json.loads(arguments)})
        except Err:
            raise
        except Exception:
            # A mistake in the plugin: the operator's log shows where, the model reads that there was one.
            raise fail(FailureKind.INTERNAL, traceback.format_exc(limit=-3)) from None
        structured = json.dumps(data, ensure_ascii=False)
        # Many clients show their model nothing but text, so the data goes out both ways.
        return Output([Content_Text(text), Content_Text(structured)], structured, [])


def fail(kind, message, data=None, retry_after_s=None):
    """`raise fail(FailureKind.INVALID, "...")` ends the call with a sentence for the model: what happened, what to do."""
    structured = None if data is None else json.dumps(data, ensure_ascii=False)
    return Err(Failure(kind, message, structured, retry_after_s))


def path(*segments):
    """A path of segments, each percent-encoded by itself."""
    return "".join("/" + quote(segment, safe="") for segment in segments)


def send(method, path, *, query=None, headers=None, body=None, about="the item"):
    """Sends one request and waits for the answer, whatever its status. `about` names the item in failures."""
    try:
        answer = host.fetch(_request(method, path, query, headers, body))
    except Err as error:
        raise _no_answer(method, error.value) from None
    return Response(answer, about)


def send_all(method, paths, *, headers=None, body=None, about="the item"):
    """Sends the same request to several paths side by side; a `Response` or the `Err` to raise for each, in order."""
    answers = host.fetch_all([_request(method, one, None, headers, body) for one in paths])
    return [
        _no_answer(method, answer.value) if isinstance(answer, Err) else Response(answer.value, about)
        for answer in answers
    ]


def ocs(path, *, query=None, about="the item"):
    """What an OCS endpoint (`/ocs/v2.php/...`) carries in `ocs.data`."""
    headers = {"accept": "application/json"}
    return send("GET", path, query=query, headers=headers, about=about).ok().ocs()


class Response:
    """Any answer of Nextcloud: `status`, `headers` (lower case) and `body` (bytes)."""

    def __init__(self, answer, about):
        self.status = answer.status
        self.headers = dict(answer.headers)
        self.body = answer.body
        self._about = about

    def ok(self):
        """Lets a success through and raises what any other status means."""
        if 200 <= self.status < 300:
            return self
        raise self._failure()

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError as why:
            raise self.not_understood(why) from None

    def ocs(self):
        document = self.json()
        try:
            return document["ocs"]["data"]
        except (KeyError, TypeError):
            raise self.not_understood("there is no ocs.data") from None

    def not_understood(self, why):
        """`raise answer.not_understood("...")` where an answer is not what the API's documentation says."""
        if self.headers.get("content-type", "").startswith("text/html"):
            why = "it is a web page, so something stands between this server and Nextcloud"
        return fail(FailureKind.OTHER, f"Nextcloud's answer for {self._about} is not understood: {why}.")

    def _failure(self):
        about = self._about
        if self.status in (400, 415, 422):
            return fail(FailureKind.INVALID, f"Nextcloud does not take these values for {about}.")
        if self.status in (401, 403):
            return fail(FailureKind.DENIED, f"Nextcloud does not allow this user {about}.")
        if self.status == 404:
            return fail(FailureKind.NOT_FOUND, f"Nextcloud has no such thing, or not for this user: {about}.")
        if self.status in (409, 412, 423):
            return fail(FailureKind.CONFLICT, f"Somebody else changed or locked {about}. Read it again first.")
        seconds = self.headers.get("retry-after", "")
        retry_after_s = int(seconds) if seconds.isdigit() else None
        if self.status == 429:
            return fail(FailureKind.LIMITED, "Nextcloud gets too many requests now.", retry_after_s=retry_after_s)
        if self.status >= 500:
            words = f"Nextcloud could not answer for {about} (status {self.status})."
            return fail(FailureKind.UNAVAILABLE, words, retry_after_s=retry_after_s)
        return fail(FailureKind.OTHER, f"Nextcloud answered for {about} with status {self.status}.")


def _request(method, path, query, headers, body):
    if query:
        path = f"{path}?{urlencode(query, quote_via=quote)}"
    return host.Request(method, path, list((headers or {}).items()), body, [])


def _no_answer(method, error):
    """Why there is no answer. The classes are those of `variant fetch-error` in wit/host.wit."""
    if isinstance(error, host.FetchError_Malformed):
        return fail(FailureKind.INVALID, f"This cannot be asked of Nextcloud: {error.value}.")
    if isinstance(error, host.FetchError_Forbidden):
        return fail(FailureKind.DENIED, f"This server does not allow the request: {error.value}.")
    if isinstance(error, host.FetchError_Unauthorized):
        return fail(FailureKind.DENIED, "The user has to sign in again.")
    if isinstance(error, host.FetchError_TooLarge):
        words, kind = f"The answer is larger than {error.value} bytes. Ask for less.", FailureKind.LIMITED
    elif isinstance(error, host.FetchError_Limited):
        words, kind = f"This call has used up what one call may: {error.value}.", FailureKind.LIMITED
    elif isinstance(error, host.FetchError_TimedOut):
        words, kind = "Nextcloud did not answer in time.", FailureKind.UNAVAILABLE
    elif isinstance(error, host.FetchError_Unreachable):
        words, kind = f"Nextcloud cannot be reached: {error.value}.", FailureKind.UNAVAILABLE
    else:
        words, kind = "The request failed.", FailureKind.OTHER
    if method not in SAFE_METHODS:
        words += " It may have been carried out all the same: look before trying again."
    return fail(kind, words)


def _schema(properties):
    required = [key for key, one in properties.items() if not one.get("optional") and "default" not in one]
    plain = {key: {word: value for word, value in one.items() if word != "optional"} for key, one in properties.items()}
    return {"type": "object", "properties": plain, "required": required, "additionalProperties": False}
