"""Start an endpoint in a process of its own, talk to its control API, make boto3 clients for it."""
import http.client
import json
import os
import socket
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def write_world(path, *options, change=None):
    """The file of a world that endpoint.main's options ask for, as `change` left it."""
    from endpoint import main, world
    text = main.world_text(main.arguments(options))
    world.World(text)                           # fills in what a short world leaves out
    text = json.loads(json.dumps(text))         # as a reader has it: nothing in it twice
    if change:
        change(text)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(text, out)
    return text


class Endpoint:
    """`with Endpoint("--seeds") as e:` — a server that lives as long as the block."""

    def __init__(self, *args, module="endpoint.main"):
        self.process = subprocess.Popen([sys.executable, "-m", module] + list(args), cwd=TESTS,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the endpoint did not start: %s" % (args,))
        self.info = json.loads(line)
        self.port, self.url = self.info["port"], self.info["url"]
        self._place = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self._place.close()

    def stop(self):
        """Who goes on asking is refused: until the block ends the port stays bound, or another test's server
        might be given it and be asked in its stead."""
        if self._place:
            return
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", self.port))

    def ctl(self, what, value=None):
        """GET /_ctl/what, or POST it with a value."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        conn.request("GET" if value is None else "POST", "/_ctl/" + what,
                     None if value is None else json.dumps(value))
        answer = conn.getresponse()
        out = json.loads(answer.read())
        conn.close()
        if answer.status != 200:
            raise RuntimeError("%s: %s" % (what, out))
        return out

    def write_config(self, folder):
        """The AWS CLI's files there, with a profile for each role."""
        from endpoint.world import write_aws_config
        return write_aws_config(self.ctl("world"), folder, self.url)

    # ---------------------------------------------------------------- boto3

    def base_session(self):
        import boto3
        user = self.ctl("world")["users"][0]
        return boto3.Session(user["access_key_id"], user["secret_access_key"],
                             region_name="us-east-1")

    def client(self, session, service, region="us-east-1", retries=1, timeout=10, **config):
        import botocore.config
        return session.client(service, region_name=region, endpoint_url=self.url,
                              config=botocore.config.Config(
                                  retries={"total_max_attempts": retries, "mode": "standard"},
                                  read_timeout=timeout, connect_timeout=5,
                                  max_pool_connections=64, inject_host_prefix=False, **config))

    def role_session(self, base, account, external_id=None, duration=3600):
        import boto3
        args = {"ExternalId": external_id} if external_id else {}
        creds = self.client(base, "sts").assume_role(
            RoleArn="arn:aws:iam::%s:role/KeyfallRead" % account, RoleSessionName="selftest",
            DurationSeconds=duration, **args)["Credentials"]
        return boto3.Session(creds["AccessKeyId"], creds["SecretAccessKey"],
                             creds["SessionToken"], region_name="us-east-1")
