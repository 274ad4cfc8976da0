"""CardDAV (RFC 6352) as Nextcloud speaks it: bodies of requests, and the XML of their answers.

An answer that is not what the RFCs say is an error, never a guess.
"""

from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from nextcloud import path

DAV = "{DAV:}"
CARDDAV = "{urn:ietf:params:xml:ns:carddav}"

WANTED = b"""<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:"><d:prop><d:displayname/><d:resourcetype/></d:prop></d:propfind>"""

# What a query is looked for in.
PROPERTIES = ("FN", "NICKNAME", "EMAIL", "TEL", "ORG")


def home(user):
    return path("remote.php", "dav", "addressbooks", "users", user) + "/"


def query(text, limit):
    """The body of an `addressbook-query` for cards that have the text in one of the properties (RFC 6352, 8.6)."""
    match = f'<c:text-match collation="i;unicode-casemap" match-type="contains">{escape(text)}</c:text-match>'
    filters = "".join(f'<c:prop-filter name="{name}">{match}</c:prop-filter>' for name in PROPERTIES)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<c:addressbook-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav">'
        "<d:prop><c:address-data/></d:prop>"
        f'<c:filter test="anyof">{filters}</c:filter>'
        f"<c:limit><c:nresults>{limit}</c:nresults></c:limit>"
        "</c:addressbook-query>"
    ).encode()


def books(answer, home):
    """Id, name and path of each address book in the answer to a PROPFIND of the home."""
    found = []
    for href, properties in _responses(answer):
        kind = properties.find(f"{DAV}resourcetype")
        if kind is None or kind.find(f"{CARDDAV}addressbook") is None:
            continue
        id = unquote(href.rstrip("/").rpartition("/")[2])
        name = (properties.findtext(f"{DAV}displayname") or "").strip() or id
        found.append((id, name, home + path(id)[1:] + "/"))
    return found


def cards(answer):
    """The vCards in the answer to an `addressbook-query`."""
    texts = (properties.findtext(f"{CARDDAV}address-data") for _, properties in _responses(answer))
    return [text for text in texts if text]


def _responses(answer):
    """Address and found properties of each `response` of a multistatus (RFC 4918, 13)."""
    # A document type could define entities; no DAV answer has one.
    if b"<!DOCTYPE" in answer.body:
        raise answer.not_understood("it has a document type")
    try:
        root = ElementTree.fromstring(answer.body)
    except ElementTree.ParseError as why:
        raise answer.not_understood(why) from None
    if root.tag != f"{DAV}multistatus":
        raise answer.not_understood("it is no multistatus")
    for response in root.findall(f"{DAV}response"):
        for propstat in response.findall(f"{DAV}propstat"):
            properties, status = propstat.find(f"{DAV}prop"), propstat.findtext(f"{DAV}status") or ""
            if properties is not None and status.split()[1:2] == ["200"]:
                yield response.findtext(f"{DAV}href") or "", properties
