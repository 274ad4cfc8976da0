"""Runs the tools with plain Python, against answers as RFC 6352 describes them."""

import json
import unittest
from unittest.mock import patch

import plugin
import vcard
from componentize_py_types import Err, Ok
from wit_world.imports import nextcloud
from wit_world.imports.types import FailureKind

HOME = """<d:multistatus xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav">
<d:response><d:href>/remote.php/dav/addressbooks/users/alice/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/>
</d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
<d:response><d:href>/remote.php/dav/addressbooks/users/alice/my%20people/</d:href><d:propstat><d:prop><d:displayname>Mine
</d:displayname><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"""

CARD = """BEGIN:VCARD\r\nVERSION:3.0\r\nUID:7\r\nFN:Meyer\\, Ann\r\nitem1.EMAIL;TYPE="a:b":ann@exam\r\n ple.org\r\n
TEL;VALUE=uri:tel:+41-1\r\nORG:Acme;Sales\\;x\r\nNOTE:secret\r\nEND:VCARD"""


def answer(body, status=207):
    return nextcloud.Response(status, [("content-type", "application/xml; charset=utf-8")], body.encode())


def cards(*texts):
    responses = "".join(
        f"<d:response><d:href>/x</d:href><d:propstat><d:prop><c:address-data><![CDATA[{text}]]></c:address-data></d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        for text in texts
    )
    return answer(f'<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav">{responses}</d:multistatus>')


class Contacts(unittest.TestCase):
    def call(self, tool, arguments, home=None, found=()):
        account = nextcloud.Account("alice", "Alice", None, None, "en", [])
        with (
            patch.object(nextcloud, "whoami", return_value=account),
            patch.object(nextcloud, "fetch", return_value=home or answer(HOME)),
            patch.object(nextcloud, "fetch_all", return_value=list(found)) as self.sent,
        ):
            return json.loads(plugin.Tools().call(tool, json.dumps(arguments)).structured)

    def test_address_books_are_told_from_the_folder_that_they_lie_in(self):
        books = self.call("list_address_books", {})["address_books"]
        self.assertEqual(books, [{"id": "my people", "name": "Mine"}])

    def test_a_contact_is_read_and_the_rest_of_its_card_is_not(self):
        data = self.call("search_contacts", {"query": "meyer"}, found=[Ok(cards(CARD, "nonsense"))])
        self.assertEqual(
            data,
            {
                "contacts": [
                    {
                        "uid": "7",
                        "name": "Meyer, Ann",
                        "emails": ["ann@example.org"],
                        "phones": ["+41-1"],
                        "organization": "Acme, Sales;x",
                        "address_book": "my people",
                    }
                ],
                "more": False,
                "unread": 1,
            },
        )
        (request,) = self.sent.call_args[0][0]
        self.assertEqual(request.path, "/remote.php/dav/addressbooks/users/alice/my%20people/")

    def test_a_query_is_text_whatever_it_looks_like(self):
        self.call("search_contacts", {"query": "</c:filter>&"}, found=[Ok(cards())])
        (request,) = self.sent.call_args[0][0]
        self.assertIn(b"&lt;/c:filter&gt;&amp;", request.body)

    def test_no_more_come_than_were_asked_for(self):
        many = [CARD.replace("FN:Meyer", f"FN:{letter}") for letter in "cab"]
        data = self.call("search_contacts", {"query": "me", "limit": 2}, found=[Ok(cards(*many))])
        self.assertEqual([one["name"][0] for one in data["contacts"]], ["a", "b"])
        self.assertTrue(data["more"])

    def test_what_is_not_understood_is_an_error(self):
        for body in ["<html>", "<!DOCTYPE x []><a/>", "<a/>", ""]:
            with self.assertRaises(Err) as raised:
                self.call("list_address_books", {}, home=answer(body))
            self.assertEqual(raised.exception.value.kind, FailureKind.OTHER, body)

    def test_an_address_book_that_cannot_be_asked_fails_the_search(self):
        lost = Err(nextcloud.FetchError_TimedOut())
        with self.assertRaises(Err) as raised:
            self.call("search_contacts", {"query": "me"}, found=[lost])
        self.assertEqual(raised.exception.value.kind, FailureKind.UNAVAILABLE)

    def test_cards_without_a_name_are_not_shown(self):
        self.assertIsNone(vcard.read("BEGIN:VCARD\nTEL:1\nEND:VCARD"))
        self.assertIsNone(vcard.read(""))


if __name__ == "__main__":
    unittest.main()
