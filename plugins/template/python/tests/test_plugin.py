"""Runs the tools with plain Python, against answers that a test scripts. `./test.sh` brings the bindings."""

import json
import unittest
from unittest.mock import patch

import plugin
from wit_world.imports import nextcloud


def answer(status, data):
    body = json.dumps({"ocs": {"data": data}}).encode()
    return nextcloud.Response(status, [("content-type", "application/json")], body)


class ListApps(unittest.TestCase):
    def test_apps_are_filtered_by_name_and_linked(self):
        menu = [
            {"id": "files", "name": "Files", "href": "/cloud/apps/files/"},
            {"id": "calendar", "name": "Calendar", "href": "/cloud/apps/calendar/"},
        ]
        server = nextcloud.Server("https://example.org/cloud", "/cloud", "33.0.3")
        with (
            patch.object(nextcloud, "fetch", return_value=answer(200, menu)),
            patch.object(nextcloud, "where_am_i", return_value=server),
        ):
            output = plugin.Tools().call("list_apps", '{"name": "CAL"}')
        url = "https://example.org/cloud/apps/calendar/"
        self.assertEqual(json.loads(output.structured), {"apps": [{"id": "calendar", "name": "Calendar", "url": url}]})

    def test_every_tool_has_a_title_a_description_and_schemas_of_objects(self):
        for tool in plugin.Tools().describe():
            self.assertTrue(tool.title and "Example" in tool.description, tool.name)
            for schema in (tool.input_schema, tool.output_schema):
                self.assertEqual(json.loads(schema)["type"], "object", tool.name)


if __name__ == "__main__":
    unittest.main()
