"""A tour with a Python client: what docs/clients.md makes of it (`client`), and what a test wants to have seen.

The page's lines are in the file that is named as the first argument. A second one, `again`, is for a client that cannot take
a call back: it goes away and comes again. What was seen is one JSON object, the last line of the output;
tests/tests/clients/tour.rs says what it must hold."""

import asyncio
import json
import sys
from pathlib import Path

import mcp_types
from fastmcp import Client as FastMcp
from mcp.client.subscriptions import ListenNotSupportedError, listen

# A call that Nextcloud does not answer is given up after so many seconds; it would take a minute.
PATIENCE = 1.5

# A plugin that comes is noticed, compiled and told of within so many seconds, on a busy machine.
SOON = 60

# Who tests lays another plugin down once this is there.
LISTENING = Path("listening")

CHANGED = asyncio.Event()


async def told(message):
    """For a client that is told without having asked, as before 2026-07-28."""
    if isinstance(message, mcp_types.ToolListChangedNotification):
        CHANGED.set()


class Plain:
    """The Python SDK's own client, page by page."""

    def __init__(self, client):
        self.client = client

    async def pages(self, listing, of):
        cursor, everything, pages = None, [], 0
        while True:
            page = await listing(cursor=cursor)
            everything += getattr(page, of)
            cursor, pages = page.next_cursor, pages + 1
            if cursor is None:
                self.seen_pages = pages
                return everything

    async def tools(self):
        return await self.pages(self.client.list_tools, "tools")

    async def resources(self):
        return await self.pages(self.client.list_resources, "resources")

    async def templates(self):
        return await self.pages(self.client.list_resource_templates, "resource_templates")

    async def prompts(self):
        return await self.pages(self.client.list_prompts, "prompts")

    async def call(self, name, arguments, progress=None):
        return await self.client.call_tool(name, arguments, progress_callback=progress)

    async def read(self, uri):
        return (await self.client.read_resource(uri)).contents

    async def complete(self, ref, argument):
        return (await self.client.complete(ref, argument)).completion

    def listen(self):
        return self.client.listen(tools_list_changed=True)


class Fast(Plain):
    """fastmcp's client, which turns the pages itself."""

    async def tools(self):
        return await self.client.list_tools()

    async def resources(self):
        return await self.client.list_resources()

    async def templates(self):
        return await self.client.list_resource_templates()

    async def prompts(self):
        return await self.client.list_prompts()

    async def call(self, name, arguments, progress=None):
        return await self.client.call_tool_mcp(name, arguments, progress_handler=progress)

    async def read(self, uri):
        return await self.client.read_resource(uri)

    async def complete(self, ref, argument):
        return await self.client.complete(ref, argument)

    def listen(self):
        # It has no way of its own, but it hands out the session, and the SDK's way takes one.
        return listen(self.client.session, tools_list_changed=True)


def ours_of(client):
    return Fast(client) if isinstance(client, FastMcp) else Plain(client)


async def heard(ours):
    """The tools that came while the client listened; nothing for one that is not promised to be told."""
    before = {tool.name for tool in await ours.tools()}
    try:
        async with ours.listen() as changes, asyncio.timeout(SOON):
            LISTENING.touch()
            await anext(changes)
    except ListenNotSupportedError:
        if not ours.client.server_capabilities.tools.list_changed:
            return None
        LISTENING.touch()
        async with asyncio.timeout(SOON):
            await CHANGED.wait()
    return [tool.name for tool in await ours.tools() if tool.name not in before]


async def tour(client):
    ours = ours_of(client)
    seen = {"tools": [tool.name for tool in await ours.tools()]}

    count = await ours.call("nc_library_count", {})
    seen["structured"] = count.structured_content
    missing = await ours.call("nc_notes_get_note", {"note_id": 999999})
    seen["failed"] = bool(missing.is_error)

    listed = await ours.resources()
    seen["resources"] = [resource.name for resource in listed]
    book = next(resource for resource in listed if "Q&A" in resource.name)
    seen["read"] = (await ours.read(str(book.uri)))[0].text
    seen["templates"] = [template.uri_template for template in await ours.templates()]
    try:
        await ours.read("nc://library/books/Ulysses")
    except Exception as error:
        seen["unread"] = str(error)

    seen["prompts"] = [prompt.name for prompt in await ours.prompts()]
    said = await client.get_prompt("nc_library_discuss", {"title": "Moby Dick", "length": "short"})
    seen["said"] = [getattr(message.content, "text", None) or message.content.resource.text for message in said.messages]
    prompt = mcp_types.PromptReference(type="ref/prompt", name="nc_library_discuss")
    seen["proposed"] = (await ours.complete(prompt, {"name": "title", "value": "m"})).values

    reports = []

    async def report(progress, total, message):
        reports.append(progress)

    await ours.call("nc_conformance_test_tool_with_progress", {}, report)
    seen["progress"] = reports

    seen["heard"] = await heard(ours)

    try:
        async with asyncio.timeout(PATIENCE):
            await ours.call("nc_notes_get_note", {"note_id": 7})
    except TimeoutError:
        seen["gave_up"] = True
    return seen


async def count(client):
    # There is one place for calls: had the one that was given up not ended, this would not come through.
    async with asyncio.timeout(10):
        return (await ours_of(client).call("nc_library_count", {})).structured_content


def connection():
    page = {"told": told}
    exec(open(sys.argv[1]).read(), page)
    return page["client"]


async def main():
    async with connection() as client:
        seen = await tour(client)
        if "again" not in sys.argv:
            seen["afterwards"] = await count(client)
    if "again" in sys.argv:
        await client.close()
        async with connection() as client:
            seen["afterwards"] = await count(client)
    print(json.dumps(seen))


asyncio.run(main())
