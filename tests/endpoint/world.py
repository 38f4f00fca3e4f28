"""The world behind the endpoint: accounts, regions and records in AWS's member names.

    {"partition": "aws", "management_account": ID, "organization": {..} or null,
     "users": [{"access_key_id", "secret_access_key", "account", "name", "allows"?}],
     "roles": [{"arn", "external_id"?, "trusts"?: [account...], "allows"?: [action...]}],
     "denied": [{"account"?, "region"?, "operation": "kms:GetKeyPolicy", "resource"?: glob,
                 "why"?: "identity" | "scp" | "resource"}],
     "accounts": {ID: {"record": {organizations Account}, "regions": {NAME: opt-in status},
                       "global_settings": {..}, "data": {REGION: {..see EMPTY_REGION..}}}}}

Who has "allows" may do that and nothing else. Times are Unix seconds; XML answers turn them into ISO 8601. World state changes by write operations
and `mutate` only; sessions and tokens live elsewhere, so `digest` is unmoved by reading.
"""
import copy
import fnmatch
import hashlib
import json
import re
import secrets
import time

from .errors import ApiError

#: What every (account, region) has, empty.
EMPTY_REGION = {
    "keys": {},                 # KeyId -> {metadata, policy, rotation, tags, grants, last_usage}
    "aliases": [], "custom_key_stores": [],
    "parameters": [],           # DescribeParameters entries
    "parameter_tags": {},       # name -> [{Key, Value}]
    "vaults": {},               # name -> {record, policy, notifications, points, tags}
    "plans": {},                # id -> {plan (GetBackupPlan), selections: {id: GetBackupSelection}}
    "copy_jobs": [], "protected_resources": [], "region_settings": {}, "backup_tags": {},
    "volumes": [], "snapshots": [], "reservations": [],
    "ebs_encryption_by_default": False, "ebs_default_key": "alias/aws/ebs",
    "db_instances": [], "db_clusters": [], "db_snapshots": [], "db_cluster_snapshots": [],
    "db_automated_backups": [],
    "things": {},               # kind -> [record]: see ops/streams.py
    "events": [],               # CloudTrail's, in any order
    "evidence": {"images": [], "lifecycles": [], "event_rules": [], "restore_tests": [], "legal_holds": [],
                 "backup_jobs": [], "restore_jobs": []},        # see ops/evidence.py
    "stores": {},               # "SERVICE.RESULT KEY" -> rows: see ops/stores.py
}

DEFAULT_REGIONS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1",
                   "sa-east-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1",
                   "eu-north-1", "ap-south-1", "ap-northeast-1", "ap-northeast-2",
                   "ap-northeast-3", "ap-southeast-1", "ap-southeast-2"]
OPT_IN_REGIONS = ["af-south-1", "ap-east-1", "ap-south-2", "eu-south-1", "eu-central-2",
                  "me-south-1", "il-central-1"]


def region_statuses(opted_in=()):
    """Opt-in status by region of an account that opted in to `opted_in`."""
    out = {r: "opt-in-not-required" for r in DEFAULT_REGIONS}
    out.update({r: "opted-in" if r in opted_in else "not-opted-in" for r in OPT_IN_REGIONS})
    return out


class Session:
    """Temporary credentials of an assumed role."""

    def __init__(self, account, arn, user_id, expires, allows=None):
        self.access_key = "ASIA" + secrets.token_hex(8).upper()
        self.secret = secrets.token_urlsafe(30)
        self.token = "FwoGZXIvYXdzE" + secrets.token_urlsafe(180)
        self.account, self.arn, self.user_id, self.expires = account, arn, user_id, expires
        self.allows = allows
        self.policy = None                  # the Policy of AssumeRole, its text

    def admits(self, action):
        """What the role may do and its session policy does not admit is refused. Allow on every resource alone."""
        if self.policy is None:
            return True
        patterns = [p for s in json.loads(self.policy)["Statement"] for p in s["Action"]]
        return any(fnmatch.fnmatchcase(action, p) for p in patterns)


class Caller:
    """Who signed a request."""

    def __init__(self, account, arn, user_id, secret, session=None, allows=None):
        self.account, self.arn, self.user_id = account, arn, user_id
        self.secret, self.session, self.allows = secret, session, allows

    def may(self, action):
        return (self.allows is None or action in self.allows) and \
            (self.session is None or self.session.admits(action))


class World:
    def __init__(self, text):
        self.clock_offset = 0
        self.session_lifetime = None        # overrides DurationSeconds: short for renewal tests
        self.sessions = {}
        # What AWS does not see yet although it is there: ARN of a principal or id of a key -> how many looks
        # it stays unseen. Not state of the world; docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html
        self.unseen, self.looked = {}, set()
        self.lag = 0                        # looks that a key made from now on stays unseen
        self.copy_polls = 2                 # looks until a copy job ends
        self.running = {}                   # copy job -> [looks left, lifecycle]
        self.load(text)

    # ---------------------------------------------------------------- state

    def load(self, text):
        self.text = text
        self.partition = text.get("partition", "aws")
        self.users = {}
        for user in text["users"]:
            arn = "arn:%s:iam::%s:user/%s" % (self.partition, user["account"], user["name"])
            self.users[user["access_key_id"]] = Caller(
                user["account"], arn, "AIDA" + user["access_key_id"][4:], user["secret_access_key"],
                allows=user.get("allows"))
        self.roles = {r["arn"]: r for r in text["roles"]}
        self.denied = text.setdefault("denied", [])
        for account in text["accounts"].values():
            account.setdefault("regions", region_statuses())
            for region in account.setdefault("data", {}).values():
                for name, empty in EMPTY_REGION.items():
                    region.setdefault(name, copy.deepcopy(empty))

    def digest(self):
        """A fingerprint of all state that a write operation could change."""
        text = json.dumps(self.text, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def mutate(self, change):
        """Patch state at a path: {"path": ["accounts", ID, ...], "set"|"merge"|"append": value}
        or {"path": [...], "delete": true}. A path step may be {"Name": value}: the list entry
        that has it."""
        node = self.text
        steps = change["path"]
        for step in steps[:-1]:
            node = self._step(node, step)
        last = steps[-1]
        if isinstance(last, dict):
            last = next(n for n, e in enumerate(node) if all(e.get(k) == v for k, v in last.items()))
        if "set" in change:
            node[last] = change["set"]
        elif "merge" in change:
            node[last].update(change["merge"])
        elif "append" in change:
            node[last].append(change["append"])
        elif change.get("delete"):
            del node[last]
        else:
            raise ValueError("a change needs set, merge, append or delete")
        self.load(self.text)

    def change(self, changes):
        for one in changes:
            self.mutate(one)

    @staticmethod
    def _step(node, step):
        if isinstance(step, dict):
            return next(e for e in node if all(e.get(k) == v for k, v in step.items()))
        return node[step]

    def now(self):
        return time.time() + self.clock_offset

    # ---------------------------------------------------------------- looking things up

    def account(self, account):
        return self.text["accounts"].get(account)

    def region(self, account, region):
        """An account's records in a region; a region without any is empty, not an error."""
        data = self.text["accounts"][account]["data"]
        return data.get(region) or EMPTY_REGION

    def own_region(self, account, region):
        """The same to be written to."""
        data = self.text["accounts"][account]["data"].setdefault(region, {})
        for name, empty in EMPTY_REGION.items():
            data.setdefault(name, copy.deepcopy(empty))
        return data

    def made(self, ident):
        if self.lag:
            self.unseen[ident] = self.lag

    def is_unseen(self, ident):
        """Whether this request does not see it yet."""
        if ident in self.unseen:
            self.looked.add(ident)
        return ident in self.unseen

    def looks_away(self):
        """A request is over: what it did not see comes nearer."""
        for ident in self.looked:
            self.unseen[ident] -= 1
            if self.unseen[ident] <= 0:
                del self.unseen[ident]
        self.looked = set()

    def exists(self, principal):
        """Whether AWS finds a principal that a policy names. Accounts of others have whom they say; one of ours
        whom its IAM has, if the world has its IAM at all."""
        if self.is_unseen(principal):
            return False
        account = principal.split(":")[4] if principal.startswith("arn:") else principal
        if account not in self.text["accounts"] or not re.search(":(user|role)/", principal):
            return True
        people = self.text["accounts"][account].get("iam")
        return people is None or principal in self.roles or \
            any(principal == u.arn for u in self.users.values()) or \
            any(principal == p["Arn"] for kind in ("UserDetailList", "RoleDetailList") for p in people.get(kind, []))

    def enabled(self, account, region):
        known = self.account(account)
        return bool(known) and known["regions"].get(region) in ("opt-in-not-required", "opted-in")

    def arn(self, service, region, account, rest):
        return "arn:%s:%s:%s:%s:%s" % (self.partition, service, region, account, rest)

    # ---------------------------------------------------------------- who may

    def caller(self, access_key):
        session = self.sessions.get(access_key)
        if session:
            return Caller(session.account, session.arn, session.user_id, session.secret, session,
                          session.allows)
        return self.users.get(access_key)

    def refused(self, account, region, action, resource):
        """Why a rule refuses this action ('identity', 'scp', 'resource'), or None."""
        for rule in self.denied:
            if rule.get("account", account) == account and \
                    rule.get("region", region) == region and \
                    fnmatch.fnmatchcase(action, rule["operation"]) and \
                    fnmatch.fnmatchcase(resource, rule.get("resource", "*")):
                return rule.get("why", "identity")
        return None

    def assume(self, caller, role_arn, session_name, duration, external_id):
        """Real temporary credentials for a role that exists, trusts the caller and whose
        external id, if it wants one, was given."""
        role = self.roles.get(role_arn)
        refusal = ApiError("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole "
                           "on resource: %s" % (caller.arn, role_arn), 403)
        if role is None or caller.account not in role.get("trusts", [caller.account]) + \
                [role_arn.split(":")[4]]:
            raise refusal
        if role.get("external_id") is not None and role["external_id"] != external_id:
            raise refusal
        account = role_arn.split(":")[4]
        record = (self.account(account) or {}).get("record", {})
        if record.get("State", "ACTIVE") != "ACTIVE":
            raise refusal
        if caller.session and duration > 3600:
            raise ApiError("ValidationError", "The requested DurationSeconds exceeds the 1 hour "
                           "session limit for roles assumed by role chaining", 400)
        name = role_arn.rsplit("/", 1)[1]
        role_id = "AROA" + hashlib.sha256(role_arn.encode()).hexdigest()[:17].upper()
        expires = int(self.now() + (self.session_lifetime or duration))
        arn = "arn:%s:sts::%s:assumed-role/%s/%s" % (self.partition, account, name, session_name)
        session = Session(account, arn, role_id + ":" + session_name, expires, role.get("allows"))
        self.sessions[session.access_key] = session
        return session


def write_aws_config(text, folder, endpoint=None, region="us-east-1"):
    """Write `config` and `credentials` with a profile `base` for the first user and one role
    profile `acct-ID` per role; the names of the profiles."""
    import os
    os.makedirs(folder, exist_ok=True)
    names = ["base"]
    base = text["users"][0]
    with open(os.path.join(folder, "credentials"), "w") as out:
        for n, user in enumerate(text["users"]):
            out.write("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n\n" % (
                "base" if n == 0 else user["name"], user["access_key_id"],
                user["secret_access_key"]))
    extra = "endpoint_url = %s\n" % endpoint if endpoint else ""
    with open(os.path.join(folder, "config"), "w") as out:
        out.write("[profile base]\nregion = %s\n%s\n" % (region, extra))
        for role in text["roles"]:
            account = role["arn"].split(":")[4]
            name = role.get("profile") or "acct-" + account
            if account == base["account"] and name in names:
                continue
            names.append(name)
            out.write("[profile %s]\nrole_arn = %s\nsource_profile = base\nregion = %s\n"
                      "role_session_name = keyfall-test\n%s%s\n" % (
                name, role["arn"], region,
                "external_id = %s\n" % role["external_id"] if role.get("external_id") else "",
                extra))
    return names
