// WebDAV SEARCH (RFC 5323) as Nextcloud's developer manual describes it. An answer that does not fit is an error, never a guess.

import { Failure, send, whereAmI, whoami } from "../kit/nextcloud.js";
import { escape, parse } from "./xml.js";

const DAV = "DAV:";
const OWNCLOUD = "http://owncloud.org/ns";

// Property names with what they become here.
const WANTED = ["d:getcontenttype", "d:getlastmodified", "d:resourcetype", "oc:size", "oc:fileid"];

export function search({ name, folder, type, limit }) {
  const user = whoami().id;
  const segments = folder.split("/").filter((segment) => segment !== "");
  if (segments.includes("..") || segments.includes(".")) {
    throw new Failure("invalid", "`folder` is a path from the user's own folder on, without `.` and `..`.");
  }
  // One more than asked for says whether there are more.
  const body = request({ scope: ["", "files", user, ...segments].join("/"), name, type, results: limit + 1 });
  const headers = { "content-type": "text/xml; charset=utf-8" };
  const about = folder === "" ? "the user's files" : `the folder "${folder}"`;
  const answer = send("SEARCH", "/remote.php/dav/", { headers, body, about }).ok();
  const found = responses(answer)
    .map(({ href, properties }) => file(answer, user, href, properties))
    // `%` and `_` in a name stand for anything in Nextcloud's search.
    .filter(({ path }) => path.split("/").pop().toLowerCase().includes(name.toLowerCase()));
  const files = found.slice(0, limit);
  const more = found.length > limit;
  return { text: `Files: ${files.length}${more ? ", and there are more" : ""}.`, data: { files, more } };
}

// The body. A scope is a path below DAV's root, not percent-encoded.
function request({ scope, name, type, results }) {
  const like = (property, pattern) =>
    `<d:like><d:prop><${property}/></d:prop><d:literal>${escape(pattern)}</d:literal></d:like>`;
  const named = like("d:displayname", `%${name}%`);
  const typed = type === undefined ? named : `<d:and>${named}${like("d:getcontenttype", `${type}%`)}</d:and>`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<d:searchrequest xmlns:d="${DAV}" xmlns:oc="${OWNCLOUD}"><d:basicsearch>` +
    `<d:select><d:prop>${WANTED.map((property) => `<${property}/>`).join("")}</d:prop></d:select>` +
    `<d:from><d:scope><d:href>${escape(scope)}</d:href><d:depth>infinity</d:depth></d:scope></d:from>` +
    `<d:where>${typed}</d:where>` +
    "<d:orderby><d:order><d:prop><d:getlastmodified/></d:prop><d:descending/></d:order></d:orderby>" +
    `<d:limit><d:nresults>${results}</d:nresults></d:limit>` +
    "</d:basicsearch></d:searchrequest>"
  );
}

// Address and found properties of each `response` of a multistatus (RFC 4918, 13).
function responses(answer) {
  let root;
  try {
    root = parse(answer.text());
  } catch (error) {
    throw answer.notUnderstood(error.message);
  }
  if (!root.is(DAV, "multistatus")) throw answer.notUnderstood("it is no multistatus");
  return root.all(DAV, "response").map((response) => ({
    href: response.child(DAV, "href")?.text.trim() ?? "",
    properties: response
      .all(DAV, "propstat")
      .filter((propstat) => propstat.child(DAV, "status")?.text.trim().split(/\s+/)[1] === "200")
      .flatMap((propstat) => propstat.all(DAV, "prop"))
      .flatMap((prop) => prop.children),
  }));
}

function file(answer, user, href, properties) {
  const property = (namespace, name) => properties.find((one) => one.is(namespace, name));
  const text = (namespace, name) => property(namespace, name)?.text.trim() || undefined;
  const path = below(answer, user, href);
  const folder = property(DAV, "resourcetype")?.child(DAV, "collection") !== undefined;
  const size = Number(text(OWNCLOUD, "size"));
  const changed = new Date(text(DAV, "getlastmodified") ?? NaN);
  const id = text(OWNCLOUD, "fileid");
  return {
    path,
    folder,
    type: folder ? undefined : text(DAV, "getcontenttype"),
    size: Number.isSafeInteger(size) ? size : undefined,
    modified: Number.isNaN(changed.getTime()) ? undefined : changed.toISOString(),
    url: /^\d+$/.test(id) ? `${whereAmI().url}/index.php/f/${id}` : undefined,
  };
}

// The path below the user's own folder that an href names.
function below(answer, user, href) {
  const home = `${whereAmI().webRoot}/remote.php/dav/files/`;
  let segments;
  try {
    segments = href.startsWith(home) && href.slice(home.length).split("/").map(decodeURIComponent);
  } catch {
    segments = false;
  }
  if (!segments || segments[0] !== user) throw answer.notUnderstood(`"${href}" is none of the user's files`);
  return segments.slice(1).filter((segment) => segment !== "").join("/");
}
