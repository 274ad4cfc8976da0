"""A short tour with the Python SDK's client: `http ENDPOINT` or `stdio SERVER SETTINGS`."""

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def tour(session):
    await session.initialize()
    tools = (await session.list_tools()).tools
    created = await session.call_tool("nc_notes_create_note", {"title": "From Python", "content": "- snake"})
    missing = await session.call_tool("nc_notes_get_note", {"note_id": 999999})
    structured = getattr(created, "structured_content", None) or getattr(created, "structuredContent", None)
    failed = getattr(missing, "is_error", None) or getattr(missing, "isError", None)
    print(json.dumps({"tools": [tool.name for tool in tools], "title": structured["title"], "failed": failed}))


async def over_http(endpoint):
    try:
        from mcp.client.streamable_http import streamable_http_client as connect
    except ImportError:
        from mcp.client.streamable_http import streamablehttp_client as connect
    async with connect(endpoint) as streams:
        async with ClientSession(streams[0], streams[1]) as session:
            await tour(session)


async def over_stdio(server, settings):
    parameters = StdioServerParameters(command=server, args=["--transport", "stdio"], env=json.loads(settings))
    async with stdio_client(parameters) as (read, write):
        async with ClientSession(read, write) as session:
            await tour(session)


if sys.argv[1] == "http":
    asyncio.run(over_http(sys.argv[2]))
else:
    asyncio.run(over_stdio(sys.argv[2], sys.argv[3]))
