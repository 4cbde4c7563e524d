"""An image server with a limited line: all connections together get so many bytes a second."""

from __future__ import annotations

import asyncio
import sys


async def serve(size: int, rate: float, body: bytes) -> None:
    """Answer every GET with an image of ``size`` bytes."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {size}\r\n\r\n".encode()
    free_at = 0.0

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal free_at
        loop = asyncio.get_running_loop()
        try:
            while (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET"):
                writer.write(head)
                for start in range(0, size, 16384):
                    piece = body[start : start + 16384]
                    free_at = max(free_at, loop.time() - 0.01) + len(piece) / rate
                    await asyncio.sleep(max(0.0, free_at - loop.time()))
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    image = sys.stdin.buffer.read()
    asyncio.run(serve(len(image), float(sys.argv[1]), image))
