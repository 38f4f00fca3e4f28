"""Who may use keys, made for generated worlds: principals and policies of accounts, and the tree of the
organization with what governs it."""
import json

from .build import T0, hexid, use_statement

TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)


ADMIN = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
READ = document({"Effect": "Allow", "Action": ["kms:Describe*", "kms:List*"], "Resource": "*"})
DENY = document({"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*",
                 "Condition": {"StringLike": {"aws:PrincipalArn": "*/Break Glass %41"}}})


class People:
    """The users, groups, roles and policies of one account."""

    def __init__(self, rnd, account, text):
        self.rnd, self.account, self.text = rnd, account, text

    def arn(self, rest):
        return "arn:aws:iam::%s:%s" % (self.account, rest)

    def inline(self, odds=0.4):
        """Policies that stand in a principal: some documents are many people's."""
        use = document(dict(use_statement({"": ""}, self.text("use", True)), Principal={}))
        return [{"PolicyName": "inline-%d" % n, "PolicyDocument": self.rnd.choice([READ, DENY, use])}
                for n in range(3) if self.rnd.random() < odds]

    def attached(self):
        names = self.rnd.sample(["policy/Guard", "policy/team/Read"], self.rnd.randrange(3))
        arns = [self.arn(n) for n in names] + \
            (["arn:aws:iam::aws:policy/AdministratorAccess"] if self.rnd.random() < 0.3 else [])
        return [{"PolicyName": a.rsplit("/", 1)[1], "PolicyArn": a} for a in arns]

    def principal(self, word, prefix, inline, n):
        path = self.rnd.choice(["/", "/", "/team/a/", "/service-role/"])
        name = "%s-%d" % (word, n)
        out = {"Path": path, word.title() + "Name": name, "Arn": self.arn(word + path + name),
               word.title() + "Id": prefix + hexid(17, self.account, word, n).upper(),
               "CreateDate": T0 - 20000000 - n, inline: self.inline(),
               "AttachedManagedPolicies": self.attached()}
        if word != "group" and self.rnd.random() < 0.3:
            out["PermissionsBoundary"] = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy",
                                          "PermissionsBoundaryArn": self.arn("policy/Guard")}
        if word != "group" and self.rnd.random() < 0.5:
            out["Tags"] = [{"Key": "team", "Value": self.text("storage", True)}]
        return out

    def user(self, n):
        return dict(self.principal("user", "AIDA", "UserPolicyList", n),
                    GroupList=["group-%d" % i for i in range(n % 3)])

    def group(self, n):
        return self.principal("group", "AGPA", "GroupPolicyList", n)

    def role(self, n):
        trust = document({"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"},
                          "Action": "sts:AssumeRole", "Sid": self.text("trust", True)})
        out = dict(self.principal("role", "AROA", "RolePolicyList", n), InstanceProfileList=[],
                   AssumeRolePolicyDocument=trust)
        if n % 2:
            out["RoleLastUsed"] = {"LastUsedDate": T0 - 3600 * n, "Region": "us-east-1"}
        return out

    @staticmethod
    def policy(arn, versions, attached=1):
        name = arn.rsplit("/", 1)[1]
        return {"PolicyName": name, "PolicyId": "ANPA" + hexid(17, arn).upper(), "Arn": arn,
                "Path": "/" + arn.split("/", 1)[1].rpartition("/")[0], "AttachmentCount": attached,
                "DefaultVersionId": "v%d" % len(versions), "IsAttachable": True,
                "PermissionsBoundaryUsageCount": 0, "CreateDate": T0 - 30000000, "UpdateDate": T0,
                "PolicyVersionList": [
                    {"Document": d, "VersionId": "v%d" % n, "IsDefaultVersion": n == len(versions),
                     "CreateDate": T0 - 30000000} for n, d in enumerate(versions, 1)]}

    def all(self, count=7):
        aws = "arn:aws:iam::aws:policy/"
        return {"UserDetailList": [self.user(n) for n in range(count)],
                "GroupDetailList": [self.group(n) for n in range(3)],
                "RoleDetailList": [self.role(n) for n in range(count)],
                "Policies": [self.policy(self.arn("policy/Guard"), [READ, DENY]),
                             self.policy(self.arn("policy/team/Read"), [READ]),
                             self.policy(self.arn("policy/unused"), [ADMIN, READ, ADMIN], 0),
                             self.policy(aws + "AdministratorAccess", [ADMIN], 2),
                             self.policy(aws + "PowerUserAccess", [READ], 0)]}


def tree(rnd, organization, accounts, text):
    """Roots, units three deep with the accounts in them, and policies with their targets."""
    prefix = "arn:aws:organizations::%s:" % organization["MasterAccountId"]
    root = {"Id": "r-ab12", "Arn": "%sroot/%s/r-ab12" % (prefix, organization["Id"]), "Name": "Root",
            "PolicyTypes": [{"Type": t, "Status": "ENABLED"} for t in TYPES]}
    units, parents = {"r-ab12": []}, ["r-ab12"]
    for n in range(3):
        parent, unit = rnd.choice(parents), "ou-ab12-%08d" % n
        units.setdefault(parent, []).append({
            "Id": unit, "Arn": "%sou/%s/%s" % (prefix, organization["Id"], unit),
            "Name": text("unit %d" % n)})
        units.setdefault(unit, [])
        parents.append(unit)
    members = {p: [] for p in parents}
    for account in accounts:
        members[rnd.choice(parents)].append(account)
    # few: Organizations takes two reads of policies a second, and clients keep to half of it
    everything, policies = parents[:2] + list(accounts)[:2], []
    for kind in TYPES:
        word = kind.lower()
        aws = "p-FullAWSAccess" if kind == TYPES[0] else "p-RCPFullAWSAccess"
        policies.append({"content": ADMIN, "targets": everything, "summary": {
            "Id": aws, "Arn": "arn:aws:organizations::aws:policy/%s/%s" % (word, aws), "Name": aws[2:],
            "Description": "Allows access to every operation", "Type": kind, "AwsManaged": True}})
        for n in (0, 2):
            pid = "p-" + hexid(8, word, n)
            policies.append({
                "content": rnd.choice([DENY, READ]), "targets": rnd.sample(everything, n),
                "summary": {"Id": pid, "Name": text("guard %d" % n), "Type": kind, "AwsManaged": False,
                            "Description": "", "Arn": "%spolicy/%s/%s/%s" % (
                                prefix, organization["Id"], word, pid)}})
    return {"roots": [root], "units": units, "members": members, "policies": policies}
