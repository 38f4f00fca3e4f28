"""Stand-ins on loopback: instance metadata, container endpoint, STS. Each notes what it was asked."""

import datetime
import http.server
import json
import threading
import urllib.parse
from xml.sax.saxutils import escape

SECRET = "kfSECRETwJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"


def iso(seconds):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def metadata(access_key, seconds=3600):
    return json.dumps({
        "Code": "Success", "LastUpdated": iso(0), "Type": "AWS-HMAC", "AccessKeyId": access_key,
        "SecretAccessKey": SECRET, "Token": "token-of-" + access_key, "Expiration": iso(seconds)})


class Server:
    """answer(server, method, path, headers, body) -> (status, body) or None (never answers)."""

    def __init__(self, answer):
        self.answer, self.asked, self.count = answer, [], 0
        self.stop = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                outer.asked.append((self.command, self.path, dict(self.headers), body))
                got = outer.answer(outer, self.command, self.path, self.headers, body)
                if got is None:
                    outer.stop.wait(30)
                    self.close_connection = True
                    return
                status, text = got
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = reply

            def log_message(self, *args):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that went away

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.stop.set()
        self.http.shutdown()
        self.http.server_close()


ROLES = "/latest/meta-data/iam/security-credentials/"


def imds(server, method, path, headers, body):
    """Version 2 alone, as new instances have it."""
    if method == "PUT" and path == "/latest/api/token":
        ttl = headers.get("x-aws-ec2-metadata-token-ttl-seconds")
        return (200, "imds-token") if ttl == "21600" else (400, "")
    if headers.get("x-aws-ec2-metadata-token") != "imds-token":
        return 401, ""
    if path == ROLES:
        return 200, "my-role"
    if path == ROLES + "my-role":
        server.count += 1
        return 200, metadata("ASIAIMDS%d" % server.count)
    return 404, ""


def imds_v1(server, method, path, headers, body):
    if method == "PUT":
        return 405, ""
    if path == ROLES:
        return 200, "old-role\n"
    return 200, metadata("ASIAIMDSV1")


def imds_without_role(server, method, path, headers, body):
    return (200, "imds-token") if method == "PUT" else (404, "<html>404 - Not Found</html>")


def silent(server, method, path, headers, body):
    return None


def container(server, method, path, headers, body):
    if headers.get("Authorization") != "container-token":
        return 401, json.dumps({"code": "Unauthorized", "message": SECRET})
    server.count += 1
    return 200, metadata("ASIACONTAINER%d" % server.count)


def container_shaky(server, method, path, headers, body):
    server.count += 1
    return (500, "") if server.count < 3 else (200, metadata("ASIASHAKY"))


def signer_of(headers):
    """The access key id and region that signed."""
    credential = headers["Authorization"].split("Credential=")[1].split(",")[0].split("/")
    return credential[0], credential[2]


def sts(server, method, path, headers, body):
    """Each role's keys tell who asked: ASIA<role>BY<signer>N<count>."""
    query = {k: v[0] for k, v in urllib.parse.parse_qs(body).items()}
    signer, region = signer_of(headers)
    role = query.get("RoleArn", "").rsplit("/", 1)[-1]
    server.count += 1
    if role == "denied":
        return 403, (
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            "<Code>AccessDenied</Code><Message>User: arn:aws:iam::111122223333:user/%s is not authorized"
            " to perform: sts:AssumeRole</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
            % signer)
    seconds = {"short": 4}.get(role, int(query.get("DurationSeconds", "3600")))
    access_key = "ASIA%sBY%sN%d" % (role.upper(), signer, server.count)
    return 200, (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>'
        "<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>"
        "<SessionToken>token-of-%s</SessionToken><Expiration>%s</Expiration></Credentials>"
        "<AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>%s</Arn></AssumedRoleUser>"
        "</AssumeRoleResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
        "</AssumeRoleResponse>" % (access_key, SECRET, access_key, iso(seconds),
                                   escape(query["RoleArn"])))
