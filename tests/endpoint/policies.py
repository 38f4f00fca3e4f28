"""What AWS asks of a policy before it takes it: its form, its size, that its principals exist, and that who puts it
may put the next one (docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html)."""
import fnmatch
import json
import re

from .errors import ApiError

MOST_BYTES = 32768          # docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
PRINCIPAL = re.compile(r"(\*|\d{12}|arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)/[\x21-\x7e]+)|"
                       r"sts::\d{12}:(assumed-role|federated-user)/[\x21-\x7e]+))\Z")
KINDS = {"AWS", "Service", "Federated", "CanonicalUser"}


def listed(value):
    return value if isinstance(value, list) else [value]


def malformed(why):
    return ApiError("MalformedPolicyDocumentException", why, 400)


def _once(pairs):
    names = [k for k, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a member stands twice")
    return dict(pairs)


def parse(text):
    """The statements of a document as AWS reads it."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
        statements = listed(document["Statement"])
    except (ValueError, KeyError, TypeError) as err:
        raise malformed("Policy document is malformed: %s" % err) from err
    if document.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17") or not statements:
        raise malformed("The policy has a Version or Statement that AWS does not know")
    for one in statements:
        has = set(one) if isinstance(one, dict) else set()
        if one.get("Effect") not in ("Allow", "Deny") or not has & {"Action", "NotAction"} or \
                not has & {"Resource", "NotResource"} or not has & {"Principal", "NotPrincipal"}:
            raise malformed("A statement lacks its Effect, Principal, Action or Resource")
        if has - {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
                  "NotResource", "Condition"}:
            raise malformed("A statement has a member that AWS does not know")
    return statements


def principals(statement):
    """The AWS principals that a statement names."""
    who = statement.get("Principal", statement.get("NotPrincipal"))
    if who == "*":
        return ["*"]
    if not isinstance(who, dict) or not who or set(who) - KINDS:
        raise malformed("Policy contains a statement with one or more invalid principals.")
    return listed(who.get("AWS", []))


def _speaks_for(caller):
    """What a policy may call the caller."""
    partition, account = caller.arn.split(":")[1], caller.account
    out = {"*", account, caller.arn, "arn:%s:iam::%s:root" % (partition, account)}
    role = re.match(r"arn:%s:sts::%s:assumed-role/([^/]+)/" % (partition, account), caller.arn)
    if role:
        out.add("arn:%s:iam::%s:role/%s" % (partition, account, role.group(1)))
    return out


def covers(statement, action):
    """Whether the statement is about the action."""
    hit = any(fnmatch.fnmatchcase(action.lower(), a.lower())
              for a in listed(statement.get("Action", statement.get("NotAction"))))
    return hit if "Action" in statement else not hit


def allows(statements, caller, action):
    """As AWS's lockout check looks at it: a condition may fail later, so it neither allows nor denies."""
    names, verdict = _speaks_for(caller), False
    for one in statements:
        hit = bool(names & set(principals(one)))
        if "Condition" in one or not covers(one, action) or hit == ("NotPrincipal" in one):
            continue
        if one["Effect"] == "Deny":
            return False
        verdict = True
    return verdict


def names_account(statements, account, action):
    """Whether some Allow lets the account, or somebody in it, do the action."""
    return any(s["Effect"] == "Allow" and covers(s, action) and
               any(p in ("*", account) or ":%s:" % account in p for p in principals(s)) for s in statements)


def check_principals(world, statements):
    for one in statements:
        for name in principals(one):
            if not isinstance(name, str) or not PRINCIPAL.match(name) or not world.exists(name):
                raise malformed("Policy contains a statement with one or more invalid principals.")


def check_key_policy(world, text, caller):
    """Raises what KMS answers to a policy that it does not take."""
    if len(text.encode()) > MOST_BYTES:
        raise ApiError("LimitExceededException", "The key policy exceeds 32 kilobytes.", 400)
    if re.search("[^\t\n\r\x20-\xff]", text):
        raise malformed("The policy has characters that AWS does not take")
    statements = parse(text)
    check_principals(world, statements)
    if not allows(statements, caller, "kms:PutKeyPolicy"):
        raise malformed("The new key policy will not allow you to update the key policy in the future.")
