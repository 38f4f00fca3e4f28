"""SigV4 as a server sees it: everything is computed again from the bytes that arrived.

The canonicaliser shares nothing with a client: it encodes the raw path once more, decodes the
query and encodes it strictly, sorts, and looks at what a lenient server would let pass (unsigned
x-amz headers, a scope for another region, a stale clock).
"""
import calendar
import functools
import hashlib
import hmac
import re
import time
from urllib.parse import quote, unquote_to_bytes

AUTH = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/"
                  r"aws4_request,\s*SignedHeaders=([a-z0-9;_-]+),\s*Signature=([0-9a-f]{64})\Z")
SKEW = 300


class Refused(Exception):
    """A request whose signature does not hold. `kind` picks the protocol's error code."""

    def __init__(self, kind, message, canonical="", violation=True):
        super().__init__(message)
        self.kind, self.canonical, self.violation = kind, canonical, violation


@functools.lru_cache(maxsize=65536)
def signing_key(secret, date, region, service):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def canonical_uri(path):
    """Dot segments and doubled slashes removed, then every byte encoded once more."""
    out = []
    for part in path.split("/"):
        if part == "..":
            if out:
                out.pop()
        elif part not in ("", "."):
            out.append(part)
    text = "/" + "/".join(out)
    if path.endswith("/") and text != "/":
        text += "/"
    return quote(text, safe="/-_.~")


def canonical_query(query):
    if not query:
        return ""
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        pairs.append((quote(unquote_to_bytes(name), safe="-_.~"),
                      quote(unquote_to_bytes(value), safe="-_.~")))
    pairs.sort()
    return "&".join("%s=%s" % pair for pair in pairs)


def read_authorization(headers):
    """(access key, date, region, service, signed headers, signature) or Refused."""
    text = headers.get("authorization")
    if text is None:
        raise Refused("missing", "Missing Authentication Token")
    hit = AUTH.match(text)
    if not hit:
        raise Refused("incomplete", "Authorization header is malformed: %s" % text[:200])
    return hit.groups()


def verify(method, path, query, headers, body, auth, secret, now):
    """Raise Refused unless the signature in `auth` holds for these bytes at time `now`. S3 wants to be told
    the hash of the body, and its paths are taken as they stand."""
    access, date, region, service, signed, signature = auth
    names = signed.split(";")
    if names != sorted(set(names)):
        raise Refused("signature", "SignedHeaders are not sorted and unique: %s" % signed)
    missing = [h for h in headers if h.startswith("x-amz-") and h not in names]
    if "host" not in names or missing:
        raise Refused("signature", "Headers that must be signed are not: %s"
                      % ", ".join((["host"] if "host" not in names else []) + missing))
    absent = [n for n in names if n not in headers]
    if absent:
        raise Refused("signature", "SignedHeaders name headers that were not sent: %s" % absent)
    stamp = headers.get("x-amz-date", "")
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise Refused("incomplete", "X-Amz-Date is missing or malformed: %r" % stamp)
    if stamp[:8] != date:
        raise Refused("signature", "Date in Credential scope does not match X-Amz-Date")
    payload = hashlib.sha256(body).hexdigest()
    said = headers.get("x-amz-content-sha256")
    if said is not None and said != payload:
        raise Refused("signature", "x-amz-content-sha256 does not match the body")
    if said is None and service == "s3":
        raise Refused("malformed", "Missing required header for this request: x-amz-content-sha256")
    uri = path if service == "s3" else canonical_uri(path)
    lines = "".join("%s:%s\n" % (n, " ".join(headers[n].split())) for n in names)
    canonical = "\n".join([method, uri, canonical_query(query), lines, signed,
                           payload])
    scope = "%s/%s/%s/aws4_request" % (date, region, service)
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    want = hmac.new(signing_key(secret, date, region, service), text.encode(),
                    hashlib.sha256).hexdigest()
    if not hmac.compare_digest(want, signature):
        raise Refused("signature", "The request signature we calculated does not match the "
                      "signature you provided. Check your AWS Secret Access Key and signing "
                      "method. Consult the service documentation for details.", canonical)
    signed_at = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    if abs(signed_at - now) > SKEW:
        server = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        word = "expired" if signed_at < now else "not yet current"
        raise Refused("skew", "Signature %s: %s is now %s than %s (%s %s 5 min.)" % (
            word, stamp, "earlier" if signed_at < now else "later", server, server,
            "-" if signed_at < now else "+"), canonical)
