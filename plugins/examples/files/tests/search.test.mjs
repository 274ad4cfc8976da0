// Runs the tools with plain Node, against answers as Nextcloud's developer manual and RFC 4918 describe them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answer, host } from "./host.mjs";
import { tools } from "../src/plugin.js";
import { parse } from "../src/xml.js";

const found = (href, properties) =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${properties}</d:prop><d:status>HTTP/1.1 200 OK</d:status>` +
  "</d:propstat><d:propstat><d:prop><d:getcontenttype>text/wrong</d:getcontenttype></d:prop>" +
  "<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>";
const multistatus = (...responses) =>
  answer(207, `<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">${responses.join("")}</d:multistatus>`, "application/xml");
const FILES = "/cloud/remote.php/dav/files/alice";

function call(given, ...answers) {
  host.sent = [];
  host.answers = answers;
  try {
    return JSON.parse(tools.call("search_files", JSON.stringify(given)).structured);
  } catch (failure) {
    return failure;
  }
}

test("a file is told by its path, size and age", () => {
  const properties =
    "<d:getcontenttype>application/pdf</d:getcontenttype><d:resourcetype/><oc:size>7</oc:size><oc:fileid>12</oc:fileid>" +
    "<d:getlastmodified>Sat, 21 Nov 2026 16:54:13 GMT</d:getlastmodified>";
  const data = call({ name: "INVOICE" }, multistatus(found(`${FILES}/Docs/my%20invoice.pdf`, properties)));
  assert.deepEqual(data, {
    files: [
      {
        path: "Docs/my invoice.pdf",
        folder: false,
        type: "application/pdf",
        size: 7,
        modified: "2026-11-21T16:54:13.000Z",
        url: "https://example.org/cloud/index.php/f/12",
      },
    ],
    more: false,
  });
});

test("a folder has no type", () => {
  const data = call({ name: "a" }, multistatus(found(`${FILES}/a/`, "<d:resourcetype><d:collection/></d:resourcetype>")));
  assert.deepEqual(data.files, [{ path: "a", folder: true }]);
});

test("what a name holds is text and no XML", () => {
  call({ name: "<d:href>", folder: "a&b", type: "image/" }, multistatus());
  const body = new TextDecoder().decode(host.sent[0].body);
  assert.match(body, /<d:literal>%&#60;d:href&#62;%<\/d:literal>/);
  assert.match(body, /<d:href>\/files\/alice\/a&#38;b<\/d:href>/);
  assert.match(body, /<d:literal>image\/%<\/d:literal>/);
});

test("a search for % finds names that have one", () => {
  const files = [found(`${FILES}/100%25.txt`, ""), found(`${FILES}/other.txt`, "")];
  assert.deepEqual(call({ name: "%" }, multistatus(...files)).files.map((file) => file.path), ["100%.txt"]);
});

test("no more come than were asked for", () => {
  const files = ["a1", "a2", "a3"].map((name) => found(`${FILES}/${name}`, ""));
  const data = call({ name: "a", limit: 2 }, multistatus(...files));
  assert.deepEqual([data.files.length, data.more], [2, true]);
});

test("what is not understood is an error, and so are files of others", () => {
  const bodies = ["", "<html>", "<a/>", "<!DOCTYPE a><a/>", '<a xmlns="DAV:">&evil;</a>', `${"<a>".repeat(1e5)}`];
  for (const body of bodies) assert.equal(call({ name: "a" }, answer(207, body, "application/xml")).kind, "other", body.slice(0, 20));
  const foreign = multistatus(found("/cloud/remote.php/dav/files/bob/a", ""));
  assert.equal(call({ name: "a" }, foreign).kind, "other");
});

test("statuses and lost answers are failures in words", () => {
  assert.equal(call({ name: "a" }, answer(404, "")).kind, "not-found");
  assert.equal(call({ name: "a", folder: "x/../y" }).kind, "invalid");
  assert.match(call({ name: "a" }, { tag: "timed-out" }).message, /in time/);
});

test("prefixes mean nothing and namespaces all", () => {
  const root = parse('<?xml version="1.0"?><x:a xmlns:x="DAV:" q=\'>\'><b xmlns="DAV:"><![CDATA[<&]]>&amp;&#x41;</b><b/></x:a>');
  assert.equal(root.child("DAV:", "b").text, "<&&A");
  assert.equal(root.all("DAV:", "b").length, 1);
});
