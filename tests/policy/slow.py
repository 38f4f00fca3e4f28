"""A slow and obvious evaluator of AWS policies for a KMS key, to compare keyfall's with.

It knows no third value. What is not known is tried out: each unknown value of the context is absent, or one of those
that the policies compare with, or one that they do not; policies that were not read are none, allow all, or deny all.
The verdict is what holds in every one of these worlds, else "unknown". Written from AWS's pages on policy evaluation:
docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html."""

import ipaddress
import itertools
import json
import re

CROSS = set("CreateGrant Decrypt DeriveSharedSecret DescribeKey Encrypt GenerateDataKey GenerateDataKeyPair "
            "GenerateDataKeyWithoutPlaintext GenerateDataKeyPairWithoutPlaintext GenerateMac GetKeyRotationStatus "
            "GetPublicKey ListGrants ReEncryptFrom ReEncryptTo RetireGrant RevokeGrant Sign Verify VerifyMac".split())
ANY_STATE = set("DescribeKey GetKeyPolicy PutKeyPolicy RetireGrant RevokeGrant ListGrants ListResourceTags "
                "ListAliases DeleteAlias GetKeyRotationStatus ListKeyPolicies".split())
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
VALUED = ("aws:SourceIp", "aws:MultiFactorAuthAge")  # whose values are of a type
DENY_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


def as_list(x):
    return x if isinstance(x, list) else [x]


def text(x):
    return {True: "true", False: "false"}.get(x, str(x)) if isinstance(x, bool) else str(x)


def glob(pattern, value):
    """* and ? only; brackets are letters."""
    return re.fullmatch("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern), value,
                        re.S) is not None


class World:
    """One request in which everything is known."""

    def __init__(self, principal, action, resource, context, state):
        self.principal, self.action, self.resource, self.state = principal, action, resource, state
        self.owner = resource.split(":")[4]
        self.kind, self.account, self.name = self.who(principal)
        self.context = {k.lower(): v for k, v in context.items()}
        implied = {"aws:PrincipalIsAWSService": "true" if self.kind == "service" else "false"}
        if self.kind != "service":
            arn = principal
            if self.kind == "session":
                arn = "arn:aws:iam::%s:role/%s" % (self.account, self.name)
            implied.update({"kms:CallerAccount": self.account, "aws:PrincipalAccount": self.account,
                            "aws:PrincipalArn": arn})
        for key, value in implied.items():
            self.context.setdefault(key.lower(), value)

    @staticmethod
    def who(p):
        if not p.startswith("arn:"):
            return "service", "", ""
        account, rest = p.split(":", 5)[4:]
        kind, _, name = rest.partition("/")
        if kind == "assumed-role":
            return "session", account, name.split("/")[0]
        return kind, account, name.rsplit("/", 1)[-1]

    # ---- a statement ----

    def is_principal(self, s):
        """None: not meant; "self", "role" or "account": how."""
        listed = set()
        p = s["Principal"]
        names = [("AWS", "*")] if p == "*" else [(t, v) for t, vs in p.items() for v in as_list(vs)]
        for t, v in names:
            is_role = self.kind in ("role", "session")
            if t == "Service":
                listed |= {"self"} if self.kind == "service" and v == self.principal else set()
            elif t != "AWS":
                continue
            elif v == "*":
                listed.add("role" if is_role else "self")
            elif v in (self.account, "arn:aws:iam::%s:root" % self.account) and self.account:
                listed.add("self" if self.kind == "root" else "account")
            elif v == self.principal:
                listed.add("role" if self.kind == "role" else "self")
            elif self.kind == "session" and re.fullmatch(
                    r"arn:aws:iam::%s:role/(.*/)?%s" % (self.account, re.escape(self.name)), v):
                listed.add("role")
        return listed

    def has_action(self, s):
        def match(words):
            return any(glob(w.lower(), self.action.lower()) for w in as_list(words))
        if "Action" in s:
            return match(s["Action"])
        return "NotAction" in s and not match(s["NotAction"])

    def substitute(self, word, variables):
        """The word with variables filled in and glob marks made private; None: a variable is missing."""
        out, at = "", 0
        for m in re.finditer(r"\$\{([^}]*)\}", word) if variables else ():
            out += word[at:m.start()].replace("*", "\0A").replace("?", "\0O")
            at = m.end()
            name, _, default = m.group(1).partition(",")
            value = self.context.get(name.strip().lower())
            if name in ("*", "?", "$"):
                out += name
            elif isinstance(value, str):
                out += value
            elif value is None and default.strip().startswith("'"):
                out += default.strip()[1:-1]
            else:
                return None
        return out + word[at:].replace("*", "\0A").replace("?", "\0O")

    @staticmethod
    def private_glob(pattern, value):
        parts = re.split("(\0[AO])", pattern)
        return re.fullmatch("".join(".*" if p == "\0A" else "." if p == "\0O" else re.escape(p) for p in parts),
                            value, re.S) is not None

    def has_resource(self, s, variables, is_key_policy):
        def match(words):
            filled = [self.substitute(w, variables) for w in as_list(words)]
            return any(f is not None and self.private_glob(f, self.resource) for f in filled)
        if "Resource" in s:
            return match(s["Resource"])
        return "NotResource" in s and not match(s["NotResource"])

    # ---- conditions ----

    def compare(self, op, operand, value, variables):
        base = op.replace("Not", "").lower()
        filled = self.substitute(operand, variables)
        if filled is None:
            return False
        plain = filled.replace("\0A", "*").replace("\0O", "?")
        if base == "stringequals":
            return plain == value
        if base in ("stringequalsignorecase", "bool"):
            return plain.lower() == value.lower()
        if base == "stringlike":
            return self.private_glob(filled, value)
        if base in ("arnlike", "arnequals"):
            a, b = filled.split(":", 5), value.split(":", 5)
            return len(a) == 6 == len(b) and all(self.private_glob(x, y) for x, y in zip(a, b))
        if base == "ipaddress":
            return ipaddress.ip_address(value) in ipaddress.ip_network(plain)
        a, b = float(value), float(plain)
        return {"numericequals": a == b, "numericlessthan": a < b, "numericlessthanequals": a <= b,
                "numericgreaterthan": a > b, "numericgreaterthanequals": a >= b}[base]

    def condition(self, written, key, operands, variables):
        op = written
        quantifier = ""
        if ":" in op:
            quantifier, op = op.split(":")
        if_exists = op.endswith("IfExists")
        op = op[:-8] if if_exists else op
        value = self.context.get(key.lower())
        values = [] if value is None else [text(v) for v in as_list(value)]
        operands = [text(o) for o in as_list(operands)]
        if op == "Null":
            return any((o == "true") == (not values) for o in operands)
        if not values and if_exists:
            return True
        negated = "Not" in op

        def holds(v):
            same = any(self.compare(op, o, v, variables) for o in operands)
            return not same if negated else same
        if quantifier == "ForAnyValue":
            return any(holds(v) for v in values)
        if quantifier == "ForAllValues":
            return all(holds(v) for v in values)
        if not values:
            return negated
        return holds(values[0])

    def conditions(self, s, variables):
        return all(self.condition(op, key, operands, variables)
                   for op, block in s.get("Condition", {}).items() for key, operands in block.items())

    # ---- documents ----

    def applies(self, s, policy, is_key_policy=False):
        variables = policy.get("Version") == "2012-10-17"
        return (self.has_action(s) and self.has_resource(s, variables, is_key_policy) and
                self.conditions(s, variables))

    def says(self, policies, effect, with_principal=False):
        for policy in policies:
            for s in as_list(policy["Statement"]):
                if s["Effect"] == effect and self.applies(s, policy) and (
                        not with_principal or self.is_principal(s)):
                    return True
        return False

    def key_policy_allows(self, policy):
        how = set()
        for s in as_list(policy["Statement"]):
            if s["Effect"] == "Allow" and self.applies(s, policy, True):
                how |= self.is_principal(s)
        return how

    def grant_allows(self, grants):
        how = set()
        for g in grants:
            op = self.action.split(":")[1].lower()
            if op not in [o.lower() for o in g.get("Operations", [])]:
                continue
            limits = g.get("Constraints", {})
            pairs = {k[len("kms:encryptioncontext:"):]: v for k, v in self.context.items()
                     if k.startswith("kms:encryptioncontext:")}
            if self.action.lower() not in ("kms:describekey", "kms:retiregrant"):
                wanted = {k.lower(): v for k, v in
                          limits.get("EncryptionContextEquals", limits.get("EncryptionContextSubset", {})).items()}
                if any(pairs.get(k) != v for k, v in wanted.items()):
                    continue
                if "EncryptionContextEquals" in limits and len(pairs) != len(wanted):
                    continue
            if "SourceArn" in limits and self.context.get("aws:sourcearn") != limits["SourceArn"]:
                continue
            grantee = g["GranteePrincipal"]
            kind = "Service" if "." in grantee and not grantee.startswith("arn:") else "AWS"
            how |= self.is_principal({"Principal": {kind: grantee}})
        return how

    def works(self):
        op = self.action.split(":")[1]
        foreign = self.account and self.account != self.owner
        if foreign and op not in CROSS:
            return False
        if self.state in ("Enabled", "Updating") and op != "ScheduleKeyDeletion":
            return True
        if op == "ScheduleKeyDeletion":
            return self.state in ("Enabled", "Disabled", "PendingImport", "Unavailable", "Creating")
        if op == "CreateGrant" and self.state == "Unavailable":
            return True
        return op in ANY_STATE

    def verdict(self, q):
        slr = self.kind == "role" and "/aws-service-role/" in self.principal
        own = self.kind == "service" or self.account == self.owner
        scps = q["scps"] if self.kind != "service" and not slr and not (q["managed"] and own) else []
        rcps = q["rcps"] if not slr and not q["managed"] and self.action.lower() != "kms:retiregrant" else []
        identity = q["identity"] if self.kind != "service" else []
        if (self.says([q["key"]], "Deny", True) or self.says(identity, "Deny") or self.says(q["boundary"], "Deny") or
                self.says(q["session"], "Deny") or any(self.says(level, "Deny") for level in scps) or
                any(self.says(level, "Deny", True) for level in rcps) or self.says(q["endpoint"], "Deny", True)):
            return "explicitly_denied"
        iam = self.kind == "root" or (self.kind != "service" and self.says(identity, "Allow"))
        narrowed = all(self.says(q[layer], "Allow") for layer in ("boundary", "session") if q[layer])
        how = self.key_policy_allows(q["key"])
        granted = self.grant_allows(q["grants"])
        if own:
            allowed = ("self" in how or ("role" in how and narrowed) or ("account" in how and iam and narrowed))
        else:
            allowed = bool(how) and iam and narrowed
        allowed = allowed or bool(granted & {"self", "role"}) or ("account" in granted and iam and narrowed)
        allowed = allowed and all(self.says(level, "Allow") for level in scps)
        allowed = allowed and (not q["endpoint"] or self.says(q["endpoint"], "Allow", True))
        return "allowed" if allowed and self.works() else "implicitly_denied"


def worlds(line):
    """Every way in which what is not known may be."""
    context = line.get("context", {})
    unknown = [k for k, v in context.items() if v is None]
    others = {"aws:sourceip": {"192.0.2.1"}, "aws:multifactorauthage": {"5", "500", "5000"}}
    documents = [line["keyPolicy"]] + line.get("identityPolicies", []) + line.get("permissionsBoundaries", []) + [
        p for level in line.get("serviceControlPolicies", []) + line.get("resourceControlPolicies", []) for p in level]
    tried = {k: set() for k in unknown}
    for document in documents:
        for s in as_list(document["Statement"]):
            for block in s.get("Condition", {}).values():
                for key, operands in block.items():
                    for k in unknown:
                        if k.lower() == key.lower():
                            tried[k] |= {text(o).split("/")[0].replace("*", "x") for o in as_list(operands)
                                         if text(o) not in ("true", "false") or k not in VALUED}
    choices = [[None] + sorted(tried[k] | others.get(k.lower(), {"something-else"})) for k in unknown]
    identities = [line["identityPolicies"]] if "identityPolicies" in line else [[], [ALLOW_ALL], [DENY_ALL]]
    if line["principal"].endswith(":root"):
        identities = [[]]  # a root user has none
    for values in itertools.product(*choices):
        known = {k: v for k, v in context.items() if v is not None}
        known.update({k: v for k, v in zip(unknown, values) if v is not None})
        for identity in identities:
            yield known, identity


def callers(line):
    """A role acts in a session of any name: one that a policy or grant names, or another."""
    principal = line["principal"]
    yield principal, {}
    if ":role/" not in principal:
        return
    account, name = principal.split(":")[4], principal.rsplit("/", 1)[-1]
    for session in set(re.findall("arn:aws:sts::%s:assumed-role/%s/[^\"]+" % (account, re.escape(name)),
                                  json.dumps(line))):
        yield session, {"aws:PrincipalArn": principal}


def evaluate(line):
    seen = set()
    for (context, identity), (principal, implied) in itertools.product(worlds(line), callers(line)):
        world = World(principal, line["action"], line["resource"], {**implied, **context},
                      line.get("keyState", "Enabled"))
        seen.add(world.verdict({
            "key": line["keyPolicy"], "identity": identity, "boundary": line.get("permissionsBoundaries", []),
            "session": line.get("sessionPolicies", []), "endpoint": line.get("vpcEndpointPolicies", []),
            "scps": line.get("serviceControlPolicies", []), "rcps": line.get("resourceControlPolicies", []),
            "grants": line.get("grants", []), "managed": line.get("ownerIsManagementAccount", False)}))
    if len(seen) == 1:
        return seen.pop()
    return "unknown" if "allowed" in seen else "implicitly_denied"
