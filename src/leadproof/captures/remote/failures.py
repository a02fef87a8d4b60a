"""What libraries raise, as an error with where, what and a hint. Pure: told by names, so that no library is imported.

The libraries wrap one another's exceptions, so the whole chain of causes is looked at; the first row of the table that
fits any of it says what it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from leadproof.captures.remote.urls import SCHEMES, scrubbed
from leadproof.core.errors import InputError


class NotFollowed(Exception):
    """Something that was not done on purpose; its text is shown as it is."""


class _Row(NamedTuple):
    """Exceptions that mean the same."""

    names: frozenset[str]
    #: Status of HTTP, in whatever attribute a library has it.
    status: frozenset[int]
    what: str
    #: `{credentials}` is where those of the scheme are found.
    hint: str
    #: Is what the library says worth showing?
    detailed: bool = False


def _row(names: str, status: tuple[int, ...], what: str, hint: str, *, detailed: bool = False) -> _Row:
    return _Row(frozenset(names.split()), frozenset(status), what, hint, detailed)


_ROWS = (
    _row("NotFollowed", (), "", "name the place that it leads to, if that is where the capture is", detailed=True),
    _row(
        "HostKeyNotVerifiable", (), "the key of the host is not known",
        "ssh to it once to look at its key, or put it into ~/.ssh/known_hosts",
    ),
    _row(
        "SSLError SSLCertVerificationError ClientConnectorCertificateError ClientConnectorSSLError ClientSSLError", (),
        "its certificate cannot be trusted", "SSL_CERT_FILE (of s3: AWS_CA_BUNDLE) names the CA of a place of your own",
    ),
    _row("FileExpired", (412,), "it has changed while it was read", "validate it once nobody writes to it"),
    _row(
        "NoCredentialsError PartialCredentialsError CredentialRetrievalError ClientAuthenticationError"
        " DefaultCredentialsError RefreshError PermissionDenied SFTPPermissionDenied PermissionError"
        " TokenRetrievalError ProfileNotFound", (401, 403),
        "access is denied, or there are no credentials", "they are looked for in {credentials}",
    ),
    _row(
        "ClientConnectorError ClientConnectorDNSError EndpointConnectionError ConnectionRefusedError gaierror"
        " ProxyConnectionError ServiceRequestError NoRouteError", (),
        "it cannot be reached", "is the host right, and is there a way to it from here?",
    ),
    _row(
        "TimeoutError ConnectTimeoutError ReadTimeoutError FSTimeoutError ServerTimeoutError SocketTimeoutError", (),
        "nothing came for too long", "is there a way to it from here? try again",
    ),
    _row(
        "ClientPayloadError IncompleteRead IncompleteReadError ResponseStreamingError ServerDisconnectedError"
        " ConnectionLost ConnectionResetError BrokenPipeError SFTPConnectionLost SFTPNoConnection"
        " ConnectionClosedError IncompleteBody", (),
        "the connection was cut", "what came before was judged; try again",
    ),
    _row("", (500, 502, 503, 504), "the server has trouble", "try again"),
    _row(
        "FileNotFoundError SFTPNoSuchFile NoSuchKey NoSuchBucket ResourceNotFoundError HttpError", (404, 410),
        "there is no such file or folder", "check the spelling of bucket and path",
    ),
)  # fmt: skip


def failure(error: BaseException, where: str, scheme: str) -> InputError:
    """The error that an exception of a library comes to.

    Args:
        error: What the library raised.
        where: The place, as it may be shown.
        scheme: A key of `SCHEMES`.
    """
    chain = list(_chain(error))
    names = {kind.__name__ for one in chain for kind in type(one).__mro__}
    status = {code for one in chain for code in _codes(one)}
    for row in _ROWS:
        if row.names & names or row.status & status:
            what = scrubbed(str(error if not row.what else "")) if row.detailed else row.what
            if row.detailed:
                what = next(str(one) for one in chain if type(one).__name__ in row.names)
            return InputError(f"{where}: {what}", hint=row.hint.format(credentials=SCHEMES[scheme].credentials))
    told = scrubbed(str(chain[-1])) or type(chain[-1]).__name__
    return InputError(f"{where}: cannot be read: {told}", hint="can the tools of that place read it?")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _codes(error: BaseException) -> Iterator[int]:
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's
        response = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        yield from [response] if isinstance(response, int) else []
    for name in ("status", "status_code", "code"):
        code = getattr(error, name, None)
        yield from [code] if isinstance(code, int) else []
