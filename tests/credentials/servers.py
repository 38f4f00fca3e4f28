"""Stand-ins on loopback: instance metadata, container endpoint, STS, IAM Identity Center, sign-in. Each
notes what it was asked."""

import base64
import datetime
import http.server
import json
import ssl
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

import botocore.loaders
import botocore.model
import botocore.validate
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

SECRET = "kfSECRETwJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"


def iso(seconds):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def metadata(access_key, seconds=3600):
    return json.dumps({
        "Code": "Success", "LastUpdated": iso(0), "Type": "AWS-HMAC", "AccessKeyId": access_key,
        "SecretAccessKey": SECRET, "Token": "token-of-" + access_key, "Expiration": iso(seconds)})


class Server:
    """answer(server, method, path, headers, body) -> (status, body[, headers]) or None (never answers)."""

    def __init__(self, answer, tls=None):
        self.answer, self.asked, self.count, self.wrong = answer, [], 0, []
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
                status, text, *more = got
                data = text.encode()
                self.send_response(status)
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
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
        self.url = "http%s://127.0.0.1:%d" % ("s" if tls else "", self.http.server_address[1])
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

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


def refuse_role(code, message):
    status = 403 if code == "AccessDenied" else 400
    return status, (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        "<Code>%s</Code><Message>%s</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        % (code, message))


def sts(server, method, path, headers, body):
    """Each role's keys tell who asked: ASIA<role>BY<signer>N<count>. MFA codes are good for once."""
    query = {k: v[0] for k, v in urllib.parse.parse_qs(body).items()}
    action, role = query["Action"], query.get("RoleArn", "").rsplit("/", 1)[-1]
    server.count += 1
    if action == "GetCallerIdentity":
        return 200, caller_identity(headers)
    if action == "AssumeRoleWithWebIdentity":
        signer = "WEB" + query["WebIdentityToken"].upper()
        if headers.get("Authorization"):
            server.wrong.append("signed")
        if query["WebIdentityToken"] == "expired":
            return refuse_role("ExpiredTokenException", "Token expired: current date/time is later")
    else:
        signer = signer_of(headers)[0]
    if role == "denied":
        return refuse_role("AccessDenied", "User: arn:aws:iam::111122223333:user/%s is not authorized to "
                           "perform: sts:AssumeRole" % signer)
    if query.get("SerialNumber"):
        codes = server.__dict__.setdefault("codes", {"123456", "234567"})
        if query.get("TokenCode") not in codes:
            return refuse_role("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time "
                               "pass code. ")
        codes.remove(query["TokenCode"])
    seconds = {"short": 4}.get(role, int(query.get("DurationSeconds", "3600")))
    access_key = "ASIA%sBY%sN%d" % (role.upper(), signer, server.count)
    return 200, (
        '<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%sResult>'
        "<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>"
        "<SessionToken>token-of-%s</SessionToken><Expiration>%s</Expiration></Credentials>"
        "<AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>%s</Arn></AssumedRoleUser>"
        "</%sResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
        "</%sResponse>" % (action, action, access_key, SECRET, access_key, iso(seconds),
                           escape(query["RoleArn"]), action, action))


def caller_identity(headers):
    return ('<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            "<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/%s</Arn><UserId>U</UserId>"
            "<Account>111122223333</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r"
            "</RequestId></ResponseMetadata></GetCallerIdentityResponse>" % signer_of(headers)[0])


# --- logins: what is asked is held against botocore's models ------------------------------------


class Model:
    """Finds the operation of a request and refuses what the service's model does not know."""

    def __init__(self, service):
        self.service = botocore.loaders.Loader().load_service_model(service, "service-2")
        self.model = botocore.model.ServiceModel(self.service)
        self.operations = {
            (op["http"]["method"], op["http"]["requestUri"]): name
            for name, op in self.service["operations"].items()}

    def read(self, method, path, headers, body):
        """(operation's name, its members), or what is wrong as (None, sentence)."""
        url = urllib.parse.urlsplit(path)
        name = self.operations.get((method, url.path))
        if not name:
            return None, "no operation at %s %s" % (method, url.path)
        if headers.get("Authorization"):
            return None, "signed"
        shape = self.model.operation_model(name).input_shape
        members, query = {}, urllib.parse.parse_qs(url.query)
        payload = json.loads(body) if body else {}
        inner = shape.serialization.get("payload")
        if inner:
            members[inner], payload = payload, {}
        for member, kind in shape.members.items():
            where, wire = kind.serialization.get("location"), kind.serialization.get("name", member)
            if where == "querystring" and wire in query:
                members[member] = query.pop(wire)[0]
            elif where == "header" and headers.get(wire):
                members[member] = headers[wire]
        members.update(payload)
        report = botocore.validate.ParamValidator().validate(members, shape)
        unknown = set(members) - set(shape.members)
        if report.has_errors() or unknown or query:
            return None, "%s %s %s" % (report.generate_report(), sorted(unknown), sorted(query))
        return name, members

    def error(self, code, **members):
        status = self.service["shapes"][code].get("error", {}).get("httpStatusCode", 400)
        return status, json.dumps(members), {"x-amzn-ErrorType": code}


def wrong(server, sentence):
    server.wrong.append(sentence)
    return 400, json.dumps({"message": sentence}), {"x-amzn-ErrorType": "InvalidRequestException"}


class Oidc:
    """Registers clients, hands out device codes and tokens. The person confirms after `pending` polls."""

    def __init__(self, pending=1, token_seconds=28800, refuse=None, slow=0):
        self.model, self.tokens, self.polls = Model("sso-oidc"), 0, 0
        self.pending, self.seconds, self.refuse, self.slow = pending, token_seconds, refuse, slow
        self.refresh_tokens = {"refresh-0-" + SECRET}

    def __call__(self, server, method, path, headers, body):
        name, asked = self.model.read(method, path, headers, body)
        if not name:
            return wrong(server, asked)
        server.count += 1
        if name == "RegisterClient":
            return 200, json.dumps({"clientId": "client-1", "clientSecret": "client-" + SECRET,
                                    "clientIdIssuedAt": int(time.time()),
                                    "clientSecretExpiresAt": int(time.time()) + 7776000})
        if name == "StartDeviceAuthorization":
            return 200, json.dumps({
                "deviceCode": "device-" + SECRET, "userCode": "WXYZ-1234", "expiresIn": 600,
                "interval": 1, "verificationUri": "https://device.example/",
                "verificationUriComplete": "https://device.example/?user_code=WXYZ-1234"})
        if asked["clientSecret"] != "client-" + SECRET:
            return self.model.error("InvalidClientException", error="invalid_client")
        if asked["grantType"] == "refresh_token":
            return self.renew(asked)
        return self.poll()

    def renew(self, asked):
        """Each refresh token is good for once."""
        if self.refuse or asked["refreshToken"] not in self.refresh_tokens:
            return self.model.error("InvalidGrantException", error="invalid_grant",
                                    error_description="Invalid refresh token provided")
        self.refresh_tokens.remove(asked["refreshToken"])
        return 200, self.token()

    def poll(self):
        self.polls += 1
        if self.refuse:
            return self.model.error(self.refuse, error="denied")
        if self.polls <= self.slow:
            return self.model.error("SlowDownException", error="slow_down")
        if self.polls <= self.pending:
            return self.model.error("AuthorizationPendingException", error="authorization_pending",
                                    error_description="wait")
        return 200, self.token()

    def token(self):
        self.tokens += 1
        refresh = "refresh-%d-%s" % (self.tokens, SECRET)
        self.refresh_tokens.add(refresh)
        return json.dumps({"accessToken": "token-%d-%s" % (self.tokens, SECRET), "tokenType": "Bearer",
                           "expiresIn": self.seconds, "refreshToken": refresh})


class Portal:
    """Keys of a role for whoever has one of the tokens that live."""

    def __init__(self, tokens=None, seconds=3600, deny=False):
        self.model, self.tokens, self.seconds, self.deny = Model("sso"), tokens, seconds, deny

    def __call__(self, server, method, path, headers, body):
        name, asked = self.model.read(method, path, headers, body)
        if not name:
            return wrong(server, asked)
        if self.tokens is not None and asked["accessToken"] not in self.tokens:
            return self.model.error("UnauthorizedException", message="Session token not found or invalid")
        if self.deny:
            return 403, json.dumps({"message": "No access"}), {"x-amzn-ErrorType": "ForbiddenException"}
        server.count += 1
        key = "ASIASSO%s%sN%d" % (asked["roleName"].upper(), asked["accountId"], server.count)
        return 200, json.dumps({"roleCredentials": {
            "accessKeyId": key, "secretAccessKey": SECRET, "sessionToken": "token-of-" + key,
            "expiration": int((time.time() + self.seconds) * 1000)}})


def verify_dpop(proof, url):
    """The public key's coordinates, if the proof is good for this URL now."""
    head, payload, signature = proof.split(".")

    def decode(text):
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    header, claims = json.loads(decode(head)), json.loads(decode(payload))
    jwk = header["jwk"]
    assert header["typ"] == "dpop+jwt" and header["alg"] == "ES256" and jwk["crv"] == "P-256", header
    assert claims["htm"] == "POST" and claims["htu"] == url, (claims, url)
    assert abs(claims["iat"] - time.time()) < 60 and len(claims["jti"]) == 36, claims
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(decode(jwk["x"]), "big"),
                                            int.from_bytes(decode(jwk["y"]), "big"), ec.SECP256R1())
    pair = decode(signature)
    der = utils.encode_dss_signature(int.from_bytes(pair[:32], "big"), int.from_bytes(pair[32:], "big"))
    numbers.public_key().verify(der, (head + "." + payload).encode(), ec.ECDSA(hashes.SHA256()))
    return jwk["x"], jwk["y"]


class Signin:
    """What `aws login` renews its keys with."""

    def __init__(self, refuse=None, seconds=900):
        self.model, self.refuse, self.seconds, self.keys = Model("signin"), refuse, seconds, set()

    def __call__(self, server, method, path, headers, body):
        name, asked = self.model.read(method, path, headers, body)
        if not name:
            return wrong(server, asked)
        try:
            self.keys.add(verify_dpop(headers["DPoP"], server.url + "/v1/token"))
        except Exception as error:  # whatever is wrong with it
            return wrong(server, "DPoP: %r" % error)
        if self.refuse:
            return self.model.error("AccessDeniedException", error=self.refuse, message="no")
        server.count += 1
        key = "ASIALOGIN%d" % server.count
        return 200, json.dumps({
            "accessToken": {"accessKeyId": key, "secretAccessKey": SECRET,
                            "sessionToken": "token-of-" + key},
            "tokenType": "aws_sigv4", "expiresIn": self.seconds, "refreshToken": "next-" + SECRET})


def everything_else(server, method, path, headers, body):
    """Stands in for all of AWS: tells who asks, and denies the rest."""
    if "Action=" in body and "sts" in headers.get("Authorization", "/sts/"):
        return sts(server, method, path, headers, body)
    return 400, json.dumps({"__type": "AccessDeniedException", "message": "not here"}), {
        "x-amzn-ErrorType": "AccessDeniedException"}
