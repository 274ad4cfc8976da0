"""fastmcp's client, driven by a test as lines.mjs says. It keeps its tokens in memory."""

import asyncio
import webbrowser
from contextlib import AsyncExitStack

from fastmcp import Client

from lines import obey, say


class Driven:
    """The client and what a test may ask of it."""

    def __init__(self, stack):
        self.stack = stack

    async def connect(self, endpoint):
        self.client = await self.stack.enter_async_context(Client(endpoint, auth="oauth"))
        return {"protocol": self.client.protocol_version}

    async def list(self, _):
        return [tool.name for tool in await self.client.list_tools()]

    async def call(self, what):
        result = await self.client.call_tool_mcp(what["name"], what["arguments"])
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def main():
    # The test's browser takes the place of the user's.
    webbrowser.open = lambda url: say({"open": url})
    async with AsyncExitStack() as stack:
        await obey(Driven(stack))


asyncio.run(main())
