"""The wire forms of AWS's protocols, driven by the models: read a request, write an answer.

`parse` gives the typed parameters or raises Malformed with every reason found; `serialize` and
`error` give (status, headers, body). json 1.0/1.1, rest-json, query and ec2.
"""
import base64
import binascii
import functools
import calendar
import json
import re
import time
from urllib.parse import unquote, unquote_plus
from xml.sax.saxutils import escape


class Malformed(Exception):
    """The request is not what the model allows; `reasons` lists why."""

    def __init__(self, reasons):
        super().__init__("; ".join(reasons))
        self.reasons = reasons


# ------------------------------------------------------------------ reading requests

def scalar(shape, text, path, errors):
    """Text of a query member as its type, strictly: "05" or "1.0" is no integer."""
    kind = shape.type_name
    if kind in ("integer", "long"):
        if re.fullmatch(r"-?(0|[1-9]\d*)", text):
            return int(text)
    elif kind == "boolean":
        if text in ("true", "false"):
            return text == "true"
    elif kind in ("float", "double"):
        try:
            return float(text)
        except ValueError:
            pass
    elif kind == "timestamp":
        hit = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z", text)
        if hit:
            try:
                return calendar.timegm(time.strptime(hit.group(1), "%Y-%m-%dT%H:%M:%S"))
            except ValueError:
                pass
    elif kind == "blob":
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            pass
    else:
        return text
    errors.append("%s: %s wanted, %r given" % (path, kind, text))
    return None


def _no_duplicates(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("duplicate member in a JSON object")
    return out


def _no_constant(text):
    raise ValueError("%s is not JSON" % text)


def read_json(body):
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_no_duplicates,
                          parse_constant=_no_constant)
    except (ValueError, RecursionError) as err:
        raise Malformed(["body is not strict JSON: %s" % err])


def _from_json(shape, value, path, errors):
    """JSON names to API names, base64 to bytes; types are left for validate.check."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        names = {m.serialization.get("name", n): (n, m) for n, m in shape.members.items()}
        out = {}
        for key, item in value.items():
            name, member = names.get(key, (key, None))
            out[name] = item if member is None else \
                _from_json(member, item, path + "." + name, errors)
        return out
    if kind == "list" and isinstance(value, list):
        return [_from_json(shape.member, v, path, errors) for v in value]
    if kind == "map" and isinstance(value, dict):
        return {k: _from_json(shape.value, v, path, errors) for k, v in value.items()}
    if kind == "blob" and isinstance(value, str):
        return scalar(shape, value, path, errors)
    return value


def parse_json(shape, body):
    if shape is None:
        if body not in (b"", b"{}"):
            raise Malformed(["the operation takes no input, yet a body was sent"])
        return {}
    value = read_json(body)
    if not isinstance(value, dict):
        raise Malformed(["body is not a JSON object"])
    errors = []
    out = _from_json(shape, value, "$", errors)
    if errors:
        raise Malformed(errors)
    return out


def query_pairs(text):
    """Pairs of a query string or form, decoded; '+' is a space in forms only."""
    return [tuple(part.partition("=")[::2]) for part in text.split("&") if part]


def parse_rest(operation, labels, query, headers, body):
    shape, out, errors = operation.input_shape, {}, []
    given = {}
    for name, value in query_pairs(query):
        given.setdefault(unquote(name), []).append(unquote(value))
    fixed = operation.http["requestUri"].partition("?")[2]
    for name, _ in query_pairs(fixed):
        given.pop(name, None)
    members = shape.members if shape is not None else {}
    in_body = {}
    payload = shape.serialization.get("payload") if shape is not None else None
    for name, member in members.items():
        where = member.serialization.get("location")
        wire = member.serialization.get("name", name)
        path = "$." + name
        if where == "uri":
            out[name] = scalar(member, unquote(labels.get(wire, "")), path, errors)
        elif where == "querystring":
            if wire not in given:
                continue
            values = given.pop(wire)
            if member.type_name == "list":
                out[name] = [scalar(member.member, v, path, errors) for v in values]
            elif len(values) > 1:
                errors.append("%s: given %d times" % (path, len(values)))
            else:
                out[name] = scalar(member, values[0], path, errors)
        elif where == "header":
            if wire.lower() in headers:
                out[name] = scalar(member, headers[wire.lower()], path, errors)
        elif where != "headers":
            in_body[wire] = (name, member)
    errors += ["unknown query parameter %r" % n for n in given]
    if payload:
        raise Malformed(["payload members are not supported by this endpoint yet"])
    if not in_body:
        if body:
            errors.append("the operation takes no body, yet %d bytes were sent" % len(body))
    elif body:
        value = read_json(body)
        if not isinstance(value, dict):
            raise Malformed(["body is not a JSON object"])
        for wire, item in value.items():
            name, member = in_body.get(wire, (wire, None))
            if member is None:
                errors.append("$: unknown member %s" % wire)
            else:
                out[name] = _from_json(member, item, "$." + name, errors)
    if errors:
        raise Malformed(errors)
    return out


def form_tree(body):
    """A form's dotted names as nested dicts; a leaf sits under the empty name."""
    tree, errors = {}, []
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed(["a form holds bytes outside ASCII"])
    for name, value in query_pairs(text):
        name, value = unquote_plus(name), unquote_plus(value)
        node = tree
        for part in name.split("."):
            node = node.setdefault(part, {})
        if "" in node:
            errors.append("parameter %r given twice" % name)
        node[""] = value
    if errors:
        raise Malformed(errors)
    return tree


def _numbered(node, path, errors):
    want, out = 1, []
    for key in sorted((k for k in node if k != ""), key=lambda k: (len(k), k)):
        if key != str(want):
            errors.append("%s: list index %r where %d was due" % (path, key, want))
        out.append(node[key])
        want += 1
    return out


def _from_form(shape, node, path, errors, ec2):
    kind = shape.type_name
    if kind == "structure":
        out, left = {}, dict(node)
        left.pop("", None)
        for name, member in shape.members.items():
            ser = member.serialization
            if ec2:
                wire = ser.get("queryName") or (ser["name"][0].upper() + ser["name"][1:]
                                                if "name" in ser else name)
            else:
                wire = ser.get("name", name)
            flat = ser.get("flattened") or member.serialization.get("flattened")
            if not ec2 and flat and member.type_name == "list":
                wire = member.member.serialization.get("name", wire)
            if wire in left:
                out[name] = _from_form(member, left.pop(wire), path + "." + name, errors, ec2)
        errors += ["%s: unknown parameter %r" % (path, k) for k in left]
        return out
    if kind == "list":
        if node.get("") == "" and len(node) == 1:
            return []
        if not ec2 and not shape.serialization.get("flattened"):
            inner = shape.member.serialization.get("name", "member")
            errors += ["%s: unknown parameter %r" % (path, k) for k in node if k != inner]
            node = node.get(inner, {})
        return [_from_form(shape.member, item, "%s[%d]" % (path, n), errors, ec2)
                for n, item in enumerate(_numbered(node, path, errors))]
    if kind == "map":
        inner = node if shape.serialization.get("flattened") else node.get("entry", {})
        out = {}
        for item in _numbered(inner, path, errors):
            key = item.get(shape.key.serialization.get("name", "key"), {}).get("", "")
            out[key] = _from_form(shape.value,
                                  item.get(shape.value.serialization.get("name", "value"), {}),
                                  path, errors, ec2)
        return out
    extra = [k for k in node if k != ""]
    if extra or "" not in node:
        errors.append("%s: a single value wanted" % path)
        return None
    return scalar(shape, node[""], path, errors)


def parse_form(shape, tree, ec2):
    errors = []
    out = {}
    rest = {k: v for k, v in tree.items() if k not in ("Action", "Version")}
    if shape is not None:
        out = _from_form(shape, rest, "$", errors, ec2)
    else:
        errors = ["unknown parameter %r" % k for k in rest]
    if errors:
        raise Malformed(errors)
    return out


# ------------------------------------------------------------------ writing answers

@functools.lru_cache(maxsize=4096)
def iso(value, millis=True):
    """Unix seconds as ISO 8601, with milliseconds as EC2 and RDS write them."""
    whole = int(value // 1)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return text + (".%03dZ" % round((value - whole) * 1000) if millis else "Z")


@functools.lru_cache(maxsize=None)
def _plain(shape):
    """Whether a shape's JSON is the result as it stands: no renames, ISO times or blobs."""
    seen = set()

    def walk(s):
        if s.name in seen and s.type_name == "structure":
            return True
        seen.add(s.name)
        if s.type_name == "structure":
            return all(m.serialization.get("name", n) == n and "location" not in m.serialization
                       and walk(m) for n, m in s.members.items())
        if s.type_name == "list":
            return walk(s.member)
        if s.type_name == "map":
            return walk(s.value)
        if s.type_name == "timestamp":
            return s.serialization.get("timestampFormat", "unixTimestamp") == "unixTimestamp"
        return s.type_name != "blob"
    return walk(shape)


def _to_json(shape, value, form):
    kind = shape.type_name
    if kind == "structure":
        out = {}
        for name, member in shape.members.items():
            if member.serialization.get("location") in ("header", "statusCode"):
                continue
            wire = member.serialization.get("name", name)
            if name in value:
                out[wire] = _to_json(member, value[name], form)
            elif form == "nulls":
                out[wire] = None
        return out
    if kind == "list":
        return [_to_json(shape.member, v, form) for v in value]
    if kind == "map":
        return {k: _to_json(shape.value, v, form) for k, v in value.items()}
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind == "timestamp":
        style = shape.serialization.get("timestampFormat", "unixTimestamp")
        if style == "iso8601":
            return iso(value, False)
        return "\u0001%s\u0002" % exponent(value) if form == "exponent" else value
    return value


def exponent(value):
    """1578560834.253 as 1.578560834253E9: the form AWS Backup has been seen to send."""
    digits = ("%.3f" % value).replace(".", "").lstrip("0") or "0"
    power = len(str(int(value))) - 1
    tail = digits[1:].rstrip("0")
    return "%s.%sE%d" % (digits[0], tail or "0", power)


def _json_body(shape, result, form):
    if form is None and _plain(shape):
        return json.dumps(result, separators=(",", ":")).encode()
    text = json.dumps(_to_json(shape, result, form), separators=(",", ":"))
    if form == "exponent":
        text = re.sub(r'"\\u0001([0-9.E]+)\\u0002"', r"\1", text)
    return text.encode()


def _xml_text(value, kind, millis):
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        return iso(value, millis)
    if kind == "blob":
        return base64.b64encode(value).decode()
    return escape(str(value), {"\r": "&#xD;", "\n": "&#xA;", "\t": "&#x9;"})


def _to_xml(shape, value, name, out, ec2):
    kind = shape.type_name
    if kind == "structure":
        out.append("<%s>" % name)
        for key, member in shape.members.items():
            if key in value:
                wire = member.serialization.get("name", key)
                if member.type_name == "list" and member.serialization.get("flattened"):
                    wire = member.member.serialization.get("name", wire)
                _to_xml(member, value[key], wire, out, ec2)
        out.append("</%s>" % name)
    elif kind == "list":
        if shape.serialization.get("flattened"):
            for item in value:
                _to_xml(shape.member, item, name, out, ec2)
        elif not value and ec2:
            out.append("<%s/>" % name)
        else:
            inner = shape.member.serialization.get("name", "item" if ec2 else "member")
            out.append("<%s>" % name)
            for item in value:
                _to_xml(shape.member, item, inner, out, ec2)
            out.append("</%s>" % name)
    elif kind == "map":
        flat = shape.serialization.get("flattened")
        if not flat:
            out.append("<%s>" % name)
        for key, item in value.items():
            out.append("<%s>" % (name if flat else "entry"))
            _to_xml(shape.key, key, shape.key.serialization.get("name", "key"), out, ec2)
            _to_xml(shape.value, item, shape.value.serialization.get("name", "value"), out, ec2)
            out.append("</%s>" % (name if flat else "entry"))
        if not flat:
            out.append("</%s>" % name)
    else:
        out.append("<%s>%s</%s>" % (name, _xml_text(value, kind, out[0]), name))


def _xml_inner(shape, result, ec2, millis):
    out = [millis]                      # out[0] carries the style of times to the leaves
    if shape is not None:
        _to_xml(shape, result, "x", out, ec2)
    return "".join(out[2:-1]) if len(out) > 1 else ""


#: What the API reference calls an answer that the model calls otherwise.
ROOTS = {"ListBucketsOutput": "ListAllMyBucketsResult"}


def _rest_xml(service, shape, result):
    """The member that is the whole body, if there is such, else the members under the answer's own name."""
    payload = shape.serialization.get("payload")
    name = ROOTS.get(shape.name, shape.name)
    if payload:
        shape, result = shape.members[payload], result[payload]
        name = shape.serialization.get("name") or shape.name
    return '<?xml version="1.0" encoding="UTF-8"?>\n<%s xmlns="%s">%s</%s>' % (
        name, service.namespace, _xml_inner(shape, result, False, True), name)


JSON_TYPE = "application/x-amz-json-%s"


def serialize(service, operation, result, request_id, form=None):
    """(status, headers, body) of a successful answer. `form` bends JSON as AWS has been seen
    to: 'nulls' for absent members, 'exponent' for timestamps."""
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    if service.protocol == "json":
        body = b"" if shape is None else _json_body(shape, result, form)
        return status, {"Content-Type": JSON_TYPE % service.json_version,
                        "x-amzn-RequestId": request_id}, body
    if service.protocol == "rest-json":
        headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
        body = b"" if shape is None else _json_body(shape, result, form)
        for name, member in (shape.members.items() if shape is not None else ()):
            if member.serialization.get("location") == "header" and name in result:
                headers[member.serialization.get("name", name)] = str(result[name])
        return status, headers, body
    if service.protocol == "rest-xml":
        return status, {"Content-Type": "application/xml", "x-amz-request-id": request_id}, \
            _rest_xml(service, shape, result).encode()
    head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" if service.protocol == "ec2" else ""
    if service.protocol == "ec2":
        text = '%s<%sResponse xmlns="%s"><requestId>%s</requestId>%s</%sResponse>' % (
            head, operation.name, service.namespace, request_id,
            _xml_inner(shape, result, True, True), operation.name)
    else:
        inner = _xml_inner(shape, result, False, service.name != "sts")
        wrapper = (shape.serialization.get("resultWrapper") if shape is not None else None) \
            or operation.name + "Result"
        text = ('<%sResponse xmlns="%s"><%s>%s</%s><ResponseMetadata><RequestId>%s</RequestId>'
                "</ResponseMetadata></%sResponse>") % (operation.name, service.namespace, wrapper,
                                                       inner, wrapper, request_id, operation.name)
    return status, {"Content-Type": "text/xml;charset=UTF-8",
                    "x-amzn-RequestId": request_id}, text.encode()


def error(service, code, message, status, request_id):
    """(status, headers, body) of an error in the protocol's own form."""
    protocol = service.protocol if service else "json"
    headers = {"x-amzn-RequestId": request_id}
    if protocol == "json":
        headers["Content-Type"] = JSON_TYPE % (service.json_version if service else "1.1")
        prefix = "com.amazonaws.%s#" % service.name if service and \
            service.json_version == "1.0" else ""
        key = "Message" if service and service.name == "organizations" else "message"
        return status, headers, json.dumps({"__type": prefix + code, key: message}).encode()
    if protocol == "rest-json":
        headers["Content-Type"] = "application/json"
        headers["x-amzn-ErrorType"] = code + ":http://internal.amazon.com/coral/com.amazon.coral/"
        return status, headers, json.dumps(
            {"Code": code, "Context": None, "Message": message, "Type": None}).encode()
    headers["Content-Type"] = "text/xml;charset=UTF-8"
    if protocol == "rest-xml":
        headers["Content-Type"] = "application/xml"
        text = ('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>%s</Message>'
                "<RequestId>%s</RequestId></Error>") % (code, escape(message), request_id)
    elif protocol == "ec2":
        text = ('<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>%s</Code>'
                "<Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>") % (
                    code, escape(message), request_id)
    else:
        text = ('<ErrorResponse xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>%s'
                "</Message></Error><RequestId>%s</RequestId></ErrorResponse>") % (
                    service.namespace, "Sender" if status < 500 else "Receiver", code,
                    escape(message), request_id)
    return status, headers, text.encode()
