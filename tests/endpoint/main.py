"""Start the endpoint, or write a world or AWS configuration files for one.

    python -m endpoint.main [--world FILE | --seeds | --seed N --accounts A --regions R ...]

When it listens it prints one JSON line, {"port": N, "url": ..., "seed": ..., "pid": ...}.
"""
import argparse
import asyncio
import json
import os
import signal
import ssl
import sys

if __package__ in (None, ""):                   # run as a file: find the package by its folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from endpoint import generate, organization, stories
from endpoint.server import App
from endpoint.wire import serve
from endpoint.world import World, write_aws_config


def arguments(argv):
    p = argparse.ArgumentParser(prog="endpoint")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--world", help="a world's JSON file")
    p.add_argument("--seeds", action="store_true", help="the small world of the five stories")
    p.add_argument("--organization", action="store_true",
                   help="many accounts, little in each, some of it hidden (--accounts, --regions, --keys)")
    p.add_argument("--published-rates", action="store_true", help="throttle as AWS does")
    p.add_argument("--seed", type=int, default=1, help="seed of a generated world")
    p.add_argument("--accounts", type=int, default=3)
    p.add_argument("--regions", type=int, default=3)
    p.add_argument("--keys", type=int, default=24, help="keys per account and region")
    p.add_argument("--points", type=int, default=40, help="recovery points per vault, about")
    p.add_argument("--plain", action="store_true", help="generate without hostile text")
    p.add_argument("--page-size", type=int, default=1000)
    p.add_argument("--no-empty-pages", action="store_true")
    p.add_argument("--short-pages", action="store_true")
    p.add_argument("--latency-ms", type=float, default=0)
    p.add_argument("--no-check-answers", action="store_true")
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--write-world", metavar="FILE", help="write the world and stop")
    p.add_argument("--write-aws-config", metavar="DIR",
                   help="write config and credentials there and stop (or go on, with --serve)")
    p.add_argument("--endpoint-url", help="put this endpoint_url into the written profiles")
    p.add_argument("--serve", action="store_true")
    return p.parse_args(argv)


def world_text(args):
    if args.world:
        with open(args.world) as src:
            return json.load(src)
    if args.seeds:
        return stories.world()
    if args.organization:
        return organization.world(args.seed, args.accounts, args.regions, args.keys)
    return generate.world(args.seed, args.accounts, args.regions, args.keys, args.points,
                          hostile=not args.plain)


async def run(args, text):
    app = App(World(text), args.seed, not args.no_check_answers)
    app.pager.page_size = args.page_size
    app.pager.empty_pages = not args.no_empty_pages
    app.pager.short_pages = args.short_pages
    app.latency_ms = args.latency_ms
    app.rates.is_on = args.published_rates
    context = None
    if args.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)
    server = await serve(app, "127.0.0.1", args.port, context)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"port": port, "pid": os.getpid(), "seed": args.seed, "url":
                      "%s://127.0.0.1:%d" % ("https" if context else "http", port)}), flush=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()
    server.close()


def main(argv=None):
    args = arguments(argv)
    text = world_text(args)
    World(text)                                  # fills in what a short world leaves out
    if args.write_world:
        with open(args.write_world, "w") as out:
            json.dump(text, out)
    if args.write_aws_config:
        names = write_aws_config(text, args.write_aws_config, args.endpoint_url)
        if not args.serve:
            print(json.dumps({"profiles": names}))
    if (args.write_world or args.write_aws_config) and not args.serve:
        return 0
    asyncio.run(run(args, text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
