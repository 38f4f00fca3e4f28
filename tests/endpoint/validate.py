"""Check values against model shapes: requests strictly, answers for shape only.

botocore's own validator looks at required, type and min. AWS looks at everything, so does this.
"""
import functools
import re

#: \p{..} classes of AWS's patterns, as near as Python's re can say them inside a [class].
UNICODE = {"L": r"A-Za-z\u00aa-\U0010ffff", "Z": r" \u00a0\u2000-\u200a\u3000",
           "N": r"0-9\u0660-\u0669", "M": r"\u0300-\u036f", "S": r"$+<=>^`|~",
           "P": r"!-/:-@\[-`{-~", "IsLatin": r"A-Za-z\u00c0-\u024f", "ASCII": r"\x00-\x7f",
           "Graph": r"!-~", "Print": r" -~", "Alpha": "A-Za-z", "Digit": "0-9",
           "Alnum": "A-Za-z0-9"}

#: Characters beyond the sixteen bits of Java's: pairs there, themselves here.
PAIRS = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")

#: Patterns this module could not translate: reported, never silently skipped.
UNTRANSLATED = set()

#: (shape, prefix of a value): names that AWS itself gives and its own pattern forbids.
AWS_OWN_NAMES = {("BackupVaultName", "aws/")}


@functools.lru_cache(maxsize=None)
def pattern(text):
    """AWS's (Java) pattern as a compiled Python one, or None if it cannot be told."""
    def klass(hit):
        return UNICODE[hit.group(1) or hit.group(2)]
    original, text = text, text.replace(*PAIRS)
    try:
        out, inside, i = [], False, 0
        while i < len(text):
            hit = re.compile(r"\\p(?:\{(\w+)\}|(\w))").match(text, i)
            if hit:
                chars = klass(hit)
                out.append(chars if inside else "[" + chars + "]")
                i = hit.end()
                continue
            c = text[i]
            if c == "\\":
                out.append(text[i:i + 2])
                i += 2
                if inside and out[-1] in (r"\w", r"\d", r"\s") and text[i:i + 1] == "-":
                    out.append(r"\-")           # to Java a plain hyphen, to Python a bad range
                    i += 1
                continue
            if c == "[":
                out.append("\\[" if inside else "[")
                inside = True
            elif c == "]":
                out.append("]")
                inside = False
            elif c == "$" and not inside:
                out.append(r"\Z")
            else:
                out.append(c)
            i += 1
        return re.compile("".join(out))
    except (re.error, KeyError):
        UNTRANSLATED.add(original)
        return None


TYPES = {"string": str, "character": str, "boolean": bool, "list": list, "map": dict,
         "structure": dict, "blob": (bytes, bytearray)}


def _limits(shape, size, what, path, errors):
    meta = shape.metadata
    low, high = meta.get("min"), meta.get("max")
    if low is not None and size < float(low):
        errors.append("%s: %s %s below the least allowed %s" % (path, what, size, low))
    if high is not None and size > float(high):
        errors.append("%s: %s %s above the most allowed %s" % (path, what, size, high))


def check(shape, value, path="$", errors=None, answer=False):
    """All the ways `value` breaks `shape`, as sentences. Answers skip ranges and patterns:
    AWS's own answers break those now and then (a vault named aws/efs/...)."""
    errors = [] if errors is None else errors
    kind = shape.type_name
    if value is None:
        errors.append("%s: null" % path)
        return errors
    if kind in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int):
            errors.append("%s: %s wanted, %r given" % (path, kind, value))
        elif not answer:
            _limits(shape, value, "value", path, errors)
    elif kind in ("float", "double", "timestamp", "bigdecimal"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            errors.append("%s: %s wanted, %r given" % (path, kind, value))
    elif not isinstance(value, TYPES[kind]):
        errors.append("%s: %s wanted, %r given" % (path, kind, value))
    elif kind == "structure":
        if shape.metadata.get("document"):
            return errors
        members = shape.members
        for name, item in value.items():
            if name in members:
                check(members[name], item, path + "." + name, errors, answer)
            else:
                errors.append("%s: unknown member %s" % (path, name))
        for name in shape.required_members:
            if name not in value:
                errors.append("%s: required member %s missing" % (path, name))
        if not answer and getattr(shape, "is_tagged_union", False) and len(value) != 1:
            errors.append("%s: a union takes exactly one member" % path)
    elif kind == "list":
        if not answer:
            _limits(shape, len(value), "length", path, errors)
        for n, item in enumerate(value):
            check(shape.member, item, "%s[%d]" % (path, n), errors, answer)
    elif kind == "map":
        if not answer:
            _limits(shape, len(value), "size", path, errors)
        for name, item in value.items():
            check(shape.key, name, path + ".key", errors, answer)
            check(shape.value, item, "%s[%r]" % (path, name), errors, answer)
    elif kind in ("string", "character"):
        if getattr(shape, "enum", None) and value not in shape.enum:
            if not (answer and path.startswith("$.") and value == ""):
                errors.append("%s: %r is not one of the enum" % (path, value))
        if not answer:
            _limits(shape, len(value), "length", path, errors)
            text = shape.metadata.get("pattern")
            own = any(shape.name == n and value.startswith(p) for n, p in AWS_OWN_NAMES)
            if text and not own:
                regex = pattern(text)
                if regex and not regex.search(value):
                    errors.append("%s: %r does not match %s" % (path, value, text))
    elif kind == "blob" and not answer:
        _limits(shape, len(value), "length", path, errors)
    return errors
