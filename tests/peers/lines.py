"""What lines.mjs is for a client in Python."""

import asyncio
import json
import sys


def say(message):
    print(json.dumps(message), flush=True)


async def obey(driven):
    """Carries out the commands, each of which is a method of `driven`, until the input ends."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        [(command, what)] = json.loads(line).items()
        try:
            say({"answer": await getattr(driven, command)(what)})
        except Exception as error:
            say({"failure": explain(error)})


def explain(error):
    """All causes in one text: task groups wrap what went wrong."""
    inner = [explain(one) for one in getattr(error, "exceptions", [])]
    return "; ".join(inner) or f"{type(error).__name__}: {error}"
