"""The Python SDK's client (`mcp`), driven by a test as lines.mjs says."""

import asyncio
from contextlib import AsyncExitStack
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from lines import obey, say


class Memory:
    """What the client remembers between its requests."""

    tokens = None
    client_info = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info


class Callback:
    """Waits on loopback for the browser that comes back with a code."""

    def __init__(self):
        self.arrivals = asyncio.Queue()

    async def listen(self):
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callback"

    async def answer(self, reader, writer):
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nThanks")
        await writer.drain()
        writer.close()
        await self.arrivals.put({name: values[0] for name, values in parse_qs(urlsplit(target).query).items()})

    async def wait(self):
        arrived = await self.arrivals.get()
        if "error" in arrived:
            raise RuntimeError(f"the authorization server answered {arrived}")
        return AuthorizationCodeResult(code=arrived["code"], state=arrived.get("state"), iss=arrived.get("iss"))


class Driven:
    """The client and what a test may ask of it."""

    def __init__(self, stack):
        self.stack = stack

    async def connect(self, endpoint):
        callback = Callback()
        await callback.listen()
        metadata = OAuthClientMetadata(client_name="Python SDK", redirect_uris=[callback.url])
        auth = OAuthClientProvider(endpoint, metadata, Memory(), show, callback.wait)
        http = await self.stack.enter_async_context(httpx2.AsyncClient(auth=auth, timeout=60, trust_env=False))
        self.client = await self.stack.enter_async_context(Client(streamable_http_client(endpoint, http_client=http)))
        return {"protocol": self.client.protocol_version}

    async def list(self, _):
        listed = await self.client.list_tools(cache_mode="bypass")
        return [tool.name for tool in listed.tools]

    async def call(self, what):
        result = await self.client.call_tool(what["name"], what["arguments"])
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def show(url):
    say({"open": url})


async def main():
    async with AsyncExitStack() as stack:
        await obey(Driven(stack))


asyncio.run(main())
