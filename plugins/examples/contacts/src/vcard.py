"""What a vCard says (RFC 6350; Nextcloud also keeps 3.0, RFC 2426): the few properties that help to reach somebody."""

import re

# Properties of one value each: the first of a card counts.
SINGLE = {"FN": "name", "UID": "uid", "TITLE": "title"}
# Properties that a card may have several of.
SEVERAL = {"EMAIL": "emails", "TEL": "phones"}
# More e-mail addresses than this belong to nobody.
MOST = 20
# Longer values are cut: they are no names, addresses or numbers.
LONGEST = 500

ESCAPED = re.compile(r"\\([nN,;:\\])")


def read(text):
    """The contact as a dictionary, or `None` for what is no card or has no name."""
    contact = {}
    lines = _lines(text)
    if not lines or lines[0].strip().upper() != "BEGIN:VCARD":
        return None
    for line in lines:
        name, value = _parse(line)
        if name in SINGLE:
            contact.setdefault(SINGLE[name], _text(value))
        elif name in SEVERAL:
            values = contact.setdefault(SEVERAL[name], [])
            if value and len(values) < MOST:
                values.append(_text(value).removeprefix("tel:"))
        elif name == "ORG":
            units = [_text(unit) for unit in re.split(r"(?<!\\);", value)]
            contact.setdefault("organization", ", ".join(unit for unit in units if unit))
    contact = {key: value for key, value in contact.items() if value}
    return contact if "name" in contact else None


def _lines(text):
    """Content lines: a line that begins with a blank goes on from the one before (RFC 6350, 3.2)."""
    return re.sub(r"\r?\n[ \t]", "", text).splitlines()


def _parse(line):
    """Name in capitals, without its group, and the raw value."""
    # A colon inside of a quoted parameter ends nothing.
    found = re.match(r'((?:[^":;]|"[^"]*")+)((?:;(?:[^":]|"[^"]*")*)?):(.*)', line, re.DOTALL)
    if found is None:
        return "", ""
    return found[1].rpartition(".")[2].upper(), found[3].strip()


def _text(value):
    return ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)[:LONGEST].strip()
