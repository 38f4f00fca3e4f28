#!/usr/bin/env python3
"""Every wizard to its end on the strict endpoint: afterwards boto3 finds exactly what the plan named and nothing else
changed; killed at every call, before the endpoint acted, before it answered and before it was proved, and taken up again it ends
the same, with nothing made twice; a plan that is done changes nothing. With LONG=1 each call of each wizard is killed
in each way, else each operation in one. Arguments are wizards to test alone."""
import datetime
import json
import os
import re
import shlex
import sys
import types
from unittest import mock

import botocore.session
import yaml
from botocore import xform_name

from bench import APP, MAIN, SAAS, VAULT, Bench, Tally, calls_of, eye, load

MODELS = botocore.session.Session()
SOME = "some"          # AWS's own to choose: an id, a time
LONG = bool(os.environ.get("LONG"))
KILLS = ("hold", "hang", "answered")    # before the endpoint acts, before it answers, before what it did is proved


class Case:
    """inputs: of the bench, what --set gets; answers: to the plan's questions, in order, after the phrase; expected: of
    the bench and the plan, {pattern of what may have changed: what it is now}."""

    def __init__(self, wizard, places, inputs, answers, expected, prepare=None, then=None):
        self.wizard, self.inputs, self.answers, self.expected = wizard, inputs, answers, expected
        self.places = places        # where it changes something
        self.prepare = prepare or (lambda b: None)
        self.then = then or (lambda b, plan: True)      # what must go well with it at last


def id_of(arn):
    return arn.rsplit("/", 1)[1]


def rescued(b, plan):
    key = "%s us-east-1 key %s " % (MAIN, id_of(plan["inputs"]["key"]))
    return {key + "KeyState": "Enabled", key + "Enabled": True, key + "DeletionDate": None}


def made_key(b, plan, name="key"):
    """The id of the key that bears the plan's nonce."""
    step = next(s for s in plan["steps"] if s.get("gives", {}).get("name") == name)
    data = b.endpoint.ctl("world")["accounts"][step["account"]]["data"][step["region"]]
    found = [k for k, v in data["keys"].items() if step["nonce"] in v["metadata"].get("Description", "")]
    assert len(found) < 2, "made twice"
    return step, found[0] if found else None


def new_key(b, plan, alias, name="key", rotated=True, **tags):
    """What a key that the plan makes looks like."""
    step, ident = made_key(b, plan, name)
    at = "%s %s " % (step["account"], step["region"])
    arn = "arn:aws:kms:%s:%s:key/%s" % (step["region"], step["account"], ident)
    out = {"AWSAccountId": step["account"], "KeyId": ident, "Arn": arn, "Enabled": True, "KeyState": "Enabled",
           "Description": step["params"]["Description"], "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
           "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "KeySpec": "SYMMETRIC_DEFAULT",
           "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": False, "policy": json.loads(step["params"]["Policy"]),
           "rotation": rotated, "grants": [], "tag keyfall:plan": step["nonce"], "CreationDate": SOME}
    out.update({"tag keyfall:" + k.replace("_", "-"): v for k, v in tags.items()})
    out.update({"every": 365} if rotated else {})
    out = {at + "key " + ident + " " + k: v for k, v in out.items()}
    out[at + alias] = ident
    return out


def ekm_inputs(**more):
    return lambda b: dict({"druva_account": SAAS, "account": MAIN, "region": "us-east-1", "alias": "alias/druva",
                           "admins": "arn:aws:iam::%s:role/KeyfallRead,arn:aws:iam::%s:user/operator" % (MAIN, MAIN)}, **more)


def ekm_made(product):
    return lambda b, plan: new_key(b, plan, "alias/druva", ekm=product, phase="current", druva_account=SAAS)


def has_both(policy, account):
    """The console's two statements for an account, and the statements that were there."""
    root = "arn:aws:iam::%s:root" % account
    return policy["Statement"] + [
        {"Sid": "Allow use of the Key for Druva inSync", "Effect": "Allow", "Principal": {"AWS": root}, "Action": [
            "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"},
        {"Sid": "Allow attachment of persistent resources", "Effect": "Allow", "Principal": {"AWS": root}, "Action": [
            "kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*",
         "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}]


def ekm_taken(b, plan):
    arn = plan["inputs"]["key"]
    key = "%s us-east-1 key %s " % (MAIN, id_of(arn))
    was = json.loads(b.world["accounts"][MAIN]["data"]["us-east-1"]["keys"][id_of(arn)]["policy"])
    return {key + "policy": dict(was, Statement=has_both(was, SAAS)), key + "tag keyfall:ekm": "salesforce",
            key + "tag keyfall:phase": "current", key + "tag keyfall:druva-account": SAAS}


def key_answer(b, plan):
    """The ARN that the console shows: of the key that was made by then, or that was given. None: it is not made."""
    if plan["inputs"]["key"]:
        return plan["inputs"]["key"]
    step, ident = made_key(b, plan)
    return ident and "arn:aws:kms:%s:%s:key/%s" % (step["region"], step["account"], ident)


def uses(ident, answer):
    """What Druva does once it is asked to: the key is used, and a person says so. None: nobody is asked yet."""
    def then(b, plan):
        arn = ident(b, plan)
        asked = [w["of"] for e in b.journal() if e["event"] == "asked" for w in e["was"]]
        if arn not in asked:
            return None
        b.used = getattr(b, "used", 1790000000) + 1
        b.endpoint.ctl("mutate", {"path": ["accounts", arn.split(":")[4], "data", arn.split(":")[3], "keys", id_of(arn)], "merge": {
            "last_usage": {"Operation": "Decrypt", "Timestamp": b.used, "CloudTrailEventId": "e", "KmsRequestId": "r"}}})
        return answer
    return then


def switched(b, plan):
    old = "%s us-east-1 key %s " % (MAIN, id_of(plan["inputs"]["old_key"]))
    out = new_key(b, plan, "alias/druva-2", ekm="entra-id salesforce", phase="current", druva_account=SAAS)
    out.update({old + "tag keyfall:ekm": "entra-id salesforce", old + "tag keyfall:phase": "former",
                old + "tag keyfall:druva-account": SAAS})
    if plan["inputs"]["disable_old"] == "yes":
        out.update({old + "KeyState": "Disabled", old + "Enabled": False})
    return out


def moved(b, plan):
    """A new vault under the key, the plan's rules turned to it, a copy there of the newest backup of each resource."""
    given, place = plan["inputs"], "%s ap-south-1 " % APP
    now, new, old = b.look([(APP, "ap-south-1")]), given["new"], given["vault"].rsplit(":", 1)[1]
    vault = {k: v for k, v in now.items() if k.startswith("%svault %s " % (place, new))}
    out = dict(vault, **{"%svault %s EncryptionKeyArn" % (place, new): given["key"]})
    points = [k for k in vault if " point " in k]
    jobs = {k: v for k, v in now.items() if k.startswith(place + "copy ") and v.endswith(":" + new)}
    wanted = 0 if given["copy"] == "none" else 2
    assert len(points) == len(jobs) == wanted, (points, jobs)
    for rule, was in b.looked.items():
        if " plan " in rule and " rule " in rule and was["TargetBackupVaultName"] == old:
            out[rule] = dict(was, TargetBackupVaultName=new)
    return dict(out, **jobs)


PAIR = (["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"])


def with_pair(policy, principals):
    """The policy and the console's two statements for these at its end."""
    have = [s["Sid"] for s in policy["Statement"]]
    rows = [{"Sid": "Allow use of the key", "Action": PAIR[0]},
            {"Sid": "Allow attachment of persistent resources", "Action": PAIR[1],
             "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}]
    return dict(policy, Statement=policy["Statement"] + [
        dict(row, Effect="Allow", Resource="*", Principal={"AWS": principals if len(principals) > 1 else principals[0]},
             Sid=row["Sid"] + (" 2" if row["Sid"] in have else "")) for row in rows])


ROLE = "arn:aws:iam::%s:role/KeyfallRead"


def prepared(b, plan):
    """eu-west-1 has a key of that alias, eu-central-1 gets one; the source key lets the VAULT role in."""
    users, now = [ROLE % VAULT, "arn:aws:iam::%s:root" % APP], b.look([(VAULT, "eu-central-1")])
    there, made = "%s eu-west-1 " % VAULT, "%s eu-central-1 " % VAULT
    replica, source = id_of(b.key(VAULT, "eu-west-1", "alias/very_secret_key")), id_of(plan["inputs"]["sources"][0])
    new = now[made + "alias/very_secret_key"]
    key, volume = "%skey %s " % (there, replica), "%s ap-south-1 key %s " % (APP, source)
    out = {k: v for k, v in now.items() if k.startswith(made + "key %s " % new)}
    assert out[made + "key %s KeyState" % new] == "Enabled" and plan["inputs"]["nonce"] in out[
        made + "key %s Description" % new]
    root = {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Resource": "*", "Action": "kms:*",
            "Principal": {"AWS": "arn:aws:iam::%s:root" % VAULT}}
    out.update({
        made + "alias/very_secret_key": new,
        made + "key %s policy" % new: with_pair(
            {"Version": "2012-10-17", "Statement": [root]}, users),
        made + "key %s tag keyfall:autobackup" % new: "web", made + "key %s tag keyfall:role" % new: "vault",
        key + "policy": with_pair(b.looked[key + "policy"], users),
        volume + "policy": with_pair(b.looked[volume + "policy"], users[:1]),
        volume + "tag keyfall:autobackup": "web", volume + "tag keyfall:role": "protected"})
    return out


def all_of(now, place, *beginnings):
    return {k: v for k, v in now.items() if k.startswith(tuple(place + b for b in beginnings))}


def vault_with(now, place, vault, key, let_in=None):
    """What boto3 now sees of a new vault, with the key and the policy that it must have."""
    into = {"Sid": "Copies from the source account", "Effect": "Allow", "Principal": {"AWS": let_in},
            "Action": "backup:CopyIntoBackupVault", "Resource": "*"}
    return dict(all_of(now, place, "vault %s " % vault), **{
        "%svault %s EncryptionKeyArn" % (place, vault): key, "%svault %s policy" % (place, vault):
        {"Version": "2012-10-17", "Statement": [into]} if let_in else
        "!ResourceNotFoundException"})


def key_with(now, place, alias, account, root=None):
    """What boto3 now sees of a new key and its alias, with the policy that it must have."""
    ident = now[place + alias]
    policy = {"Version": "2012-10-17", "Statement": [
        {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Resource": "*", "Action": "kms:*",
         "Principal": {"AWS": "arn:aws:iam::%s:root" % account}}]}
    return now[place + "key %s Arn" % ident], dict(
        all_of(now, place, "key %s " % ident, alias),
        **{place + "key %s policy" % ident: with_pair(policy, [root]) if root else policy,
           place + "key %s KeyState" % ident: "Enabled"})


def shared(b, plan):
    """A customer key: it lets the other account in, and the newest backup is in the vault there, once."""
    there, now = "%s ap-south-2 " % VAULT, b.look([(VAULT, "ap-south-2"), (APP, "ap-south-1")])
    key = "%s ap-south-1 key %s policy" % (APP, id_of(b.key(APP, "ap-south-1", "alias/orders-db")))
    new = {k: v for k, v in now.items() if k not in b.looked and (" point " in k or " copy " in k)}
    assert len(new) == 2 and all("central" in k + v for k, v in new.items()), new
    grants = with_pair(b.looked[key], ["arn:aws:iam::%s:root" % VAULT])["Statement"][-1]
    return dict(new, **{key: dict(b.looked[key], Statement=b.looked[key]["Statement"] + [grants]),
                        there + "vault central NumberOfRecoveryPoints": 2})


def off(b):
    """The source account manages the organization, and cross-account backup is switched off."""
    settings = {"GlobalSettings": {"isCrossAccountBackupEnabled": "false"}, "LastUpdateTime": 0}
    for path, change in ((["management_account"], {"set": APP}), (["organization"], {"merge": {"MasterAccountId": APP}}),
                         (["accounts", APP], {"merge": {"global_settings": settings}})):
        b.endpoint.ctl("mutate", dict(change, path=path))


def switched_on(b, plan):
    assert plan["steps"][0]["call"] == "backup:UpdateGlobalSettings"
    return dict(shared(b, plan), **{"%s ap-south-1 settings isCrossAccountBackupEnabled" % APP: "true"})


def shared_by_way(b, plan):
    """AWS's own key: two keys, two vaults, two copies, the plan's rule; only the vault there lets the account in."""
    here, there = "%s ap-south-1 " % APP, "%s eu-west-1 " % VAULT
    now = b.look([(VAULT, "eu-west-1"), (APP, "ap-south-1")])
    source, target = "arn:aws:iam::%s:root" % APP, "arn:aws:iam::%s:root" % VAULT
    is_a_template(plan)
    to_key, out = key_with(now, there, "alias/there", VAULT)
    via_key, more = key_with(now, here, "alias/between", APP, target)
    out.update(more)
    out.update(vault_with(now, there, "there", to_key, source))
    out.update(vault_with(now, here, "between", via_key))
    jobs = {k: v for k, v in now.items() if " copy " in k and k not in b.looked}
    assert sorted(v.rsplit(":", 1)[1] for v in jobs.values()) == ["between", "there"], jobs
    for rule, was in b.looked.items():
        if " plan " in rule and " rule " in rule:
            out[rule] = dict(was, CopyActions=was["CopyActions"] + [
                {"DestinationBackupVaultArn": "arn:aws:backup:ap-south-1:%s:backup-vault:between" % APP,
                 "Lifecycle": was["Lifecycle"]}])
    return dict(out, **jobs, **all_of(now, here, "rule copy-on-Rule-1"))    # the stack's, which is not keyfall's


def database(name):
    return {"database": "arn:aws:rds:ap-south-1:%s:db:%s" % (APP, name), "source_vault": "local", "account": VAULT,
            "role": ROLE % APP, "alias": "alias/there"}


def template_of(plan):
    """The CloudFormation template among a plan's lines, as YAML with CloudFormation's own tags reads it."""
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, tag, node: {tag: node.value})
    lines = next(s["lines"] for s in plan["steps"] if any(x.startswith("AWSTemplateFormatVersion") for x in s.get("lines", [])))
    return yaml.load("\n".join(lines[1:]), Loader)


def is_a_template(plan):
    """The function is Python, the rule listens to the vault between, and everything that is named is there."""
    template = template_of(plan)
    there, given = set(template["Resources"]) | set(template["Parameters"]), json.dumps(template)
    compile(template["Resources"]["Function"]["Properties"]["Code"]["ZipFile"], "index.py", "exec")
    named = {v.partition(".")[0] for v in re.findall(r'"(?:Ref|GetAtt)": "([^"]+)"', given)}
    pattern = template["Resources"]["Rule"]["Properties"]["EventPattern"]
    assert named and named <= there, named - there
    assert pattern["detail"]["destinationBackupVaultArn"] == [{"Ref": "SourceVaultArn"}]
    assert template["Parameters"]["SourceVaultArn"]["Default"].endswith(":%s:backup-vault:between" % APP)
    assert template["Parameters"]["DestinationVaultArn"]["Default"].endswith(":%s:backup-vault:there" % VAULT)


def hops_on(b, plan):
    """The template's function, told as EventBridge tells it that a copy came into the vault between, has it copied on
    to where the plan copies, by a call that AWS takes."""
    template, before = template_of(plan), b.look([(APP, "ap-south-1")])
    function, given = template["Resources"]["Function"]["Properties"], template["Parameters"]
    settings = {k: str(given[v["Ref"]]["Default"]) for k, v in function["Environment"]["Variables"].items()}
    backup, code = b.client("backup", APP, "ap-south-1"), {}
    point = backup.list_recovery_points_by_backup_vault(BackupVaultName="between")["RecoveryPoints"][0]
    aws = types.SimpleNamespace(client=lambda service: {"backup": backup}[service])
    with mock.patch.dict(sys.modules, boto3=aws), mock.patch.dict(os.environ, settings):
        exec(function["Code"]["ZipFile"], code)
        code["handler"]({"id": "hop", "detail": {"destinationRecoveryPointArn": point["RecoveryPointArn"]}}, None)
    now = b.look([(APP, "ap-south-1")])
    return [now[k] for k in now if " copy " in k and k not in before] == [given["DestinationVaultArn"]["Default"]]


def stack_made(b, plan):
    """What CloudFormation does with the template, as far as keyfall looks: the rule is there."""
    pattern = template_of(plan)["Resources"]["Rule"]["Properties"]["EventPattern"]
    vault = template_of(plan)["Parameters"]["SourceVaultArn"]["Default"]
    pattern["detail"]["destinationBackupVaultArn"] = [vault]
    rule = {"Name": "copy-on-Rule-1", "Arn": "arn:aws:events:ap-south-1:%s:rule/copy-on-Rule-1" % APP, "State": "ENABLED",
            "EventBusName": "default", "EventPattern": json.dumps(pattern)}
    b.endpoint.ctl("mutate", {"path": ["accounts", APP, "data", "ap-south-1", "evidence", "event_rules"],
                              "append": {"rule": rule, "targets": []}})
    return "done"


def plan_id(b):
    return next(iter(b.endpoint.ctl("world")["accounts"][APP]["data"]["ap-south-1"]["plans"]))


PARAMETER = "arn:aws:ssm:us-east-1:%s:parameter/Druva-ClientCredential-" % MAIN


def credentials_rescued(b, plan):
    key = b.key(MAIN, "us-east-1", "alias/backup-credentials")
    where = "%s us-east-1 key %s " % (MAIN, id_of(key))
    return {where + "KeyState": "Enabled", where + "Enabled": True}


def recreated_by_druva(b, plan):
    """What its console does: the parameter appears by itself."""
    name = "Druva-ClientCredential-new"
    path = ["accounts", MAIN, "data", "us-east-1", "parameters"]
    if not any(p["Name"] == name for p in b.endpoint.ctl("world")["accounts"][MAIN]["data"]["us-east-1"]["parameters"]):
        b.endpoint.ctl("mutate", {"path": path, "append": {
            "Name": name, "ARN": PARAMETER + "new", "Type": "SecureString", "KeyId": "alias/aws/ssm", "Version": 1,
            "LastModifiedDate": 1790000000.5, "Tier": "Standard", "Policies": [], "DataType": "text",
            "LastModifiedUser": "arn:aws:iam::%s:role/cloudranger" % MAIN}})
    return name


def plain(b):
    return b.key(MAIN, "us-east-1", "alias/plain")


def of_key(plan, **members):
    return {"%s us-east-1 key %s %s" % (MAIN, id_of(plan["inputs"]["key"]), k): v for k, v in members.items()}


def was_policy(b, plan):
    return json.loads(b.world["accounts"][MAIN]["data"]["us-east-1"]["keys"][id_of(plan["inputs"]["key"])]["policy"])


def with_use(b, plan):
    was = was_policy(b, plan)
    pair = has_both(was, VAULT)
    pair[-2]["Sid"] = "Allow use of the key"
    return of_key(plan, policy=dict(was, Statement=pair))


def with_deny(b, plan):
    was = was_policy(b, plan)
    return of_key(plan, policy=dict(was, Statement=was["Statement"] + [
        {"Sid": "Deny deletion except break glass", "Effect": "Deny", "Principal": "*", "Resource": "*",
         "Action": ["kms:ScheduleKeyDeletion", "kms:DisableKey"], "Condition": {
             "ArnNotEquals": {"aws:PrincipalArn": ROLE % MAIN}}}]))


def with_copies(b, plan):
    was = json.loads(b.world["accounts"][VAULT]["data"]["ap-south-2"]["vaults"]["central"]["policy"])
    return {"%s ap-south-2 vault central policy" % VAULT: dict(was, Statement=was["Statement"] + [
        {"Sid": "Allow copies into the vault", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:root" % MAIN},
         "Action": "backup:CopyIntoBackupVault", "Resource": "*"}])}


HOME = [(MAIN, "us-east-1")]

CASES = [
    Case("ekm-entra-id", HOME, ekm_inputs(), ["visible", SAAS, key_answer, uses(key_answer, "works")], ekm_made("entra-id")),
    Case("ekm-salesforce", HOME, lambda b: {"druva_account": SAAS, "rotation": "no",
                                            "key": b.key(MAIN, "us-east-1", "alias/plain")},
         ["visible", SAAS, key_answer, uses(key_answer, "works")], ekm_taken, prepare=lambda b: b.plain_key()),
    Case("ekm-switch", HOME, lambda b: {"old_key": b.key(MAIN, "us-east-1", "alias/saas-ekm"), "druva_account": SAAS,
                                        "alias": "alias/druva-2", "product": "entra-id salesforce", "disable_old": "yes"},
         [SAAS, key_answer, uses(key_answer, "integrated"), "alias/saas-ekm"], switched),
    Case("rescue", HOME, lambda b: {"key": b.key(MAIN, "us-east-1", "alias/saas-ekm-old")}, ["done"], rescued),
    Case("rescue", HOME, lambda b: {"key": b.key(MAIN, "us-east-1", "alias/backup-credentials")}, ["done"],
         rescued),
    Case("move-vault", [(APP, "ap-south-1")], lambda b: {
        "vault": "arn:aws:backup:ap-south-1:%s:backup-vault:local" % APP, "new": "local-2", "role": ROLE % APP,
        "key": b.key(APP, "ap-south-1", "alias/orders-db")}, [], moved),
    Case("autobackup", [(VAULT, "eu-west-1"), (VAULT, "eu-central-1"), (APP, "ap-south-1")], lambda b: {
        "setup": "web", "role": ROLE % VAULT, "protected": APP, "source_role": "KeyfallRead",
        "alias": "alias/very_secret_key", "regions": "eu-west-1,eu-central-1",
        "sources": b.key(APP, "ap-south-1", "alias/orders-db")}, ["done", "very_secret_key"], prepared),
    Case("share-rds", [(APP, "ap-south-1"), (VAULT, "ap-south-2")], lambda b: dict(
        database("orders"), region="ap-south-2", vault="central"), [], shared),
    Case("share-rds", [(APP, "ap-south-1"), (VAULT, "ap-south-2")], lambda b: dict(
        database("orders"), region="ap-south-2", vault="central"), [], switched_on, prepare=off),
    Case("share-rds", [(APP, "ap-south-1"), (VAULT, "eu-west-1")], lambda b: dict(
        database("ledger"), region="eu-west-1", vault="there", plan=plan_id(b), **{
            "via": "between", "via_alias": "alias/between"}), [stack_made], shared_by_way, then=hops_on),
    Case("druva-credentials", HOME, lambda b: {"parameter": PARAMETER + "9a8b7c", "regions": "eu-west-1"},
         [uses(lambda b, plan: b.key(MAIN, "us-east-1", "alias/backup-credentials"), "works")],
         credentials_rescued),
    Case("druva-credentials", HOME, lambda b: {"parameter": PARAMETER + "gone"},
         ["no-e-key", recreated_by_druva, "works"], lambda b, plan: {
             "%s us-east-1 parameter Druva-ClientCredential-new" % MAIN: (1, "alias/aws/ssm")}),
    Case("rotation", HOME, lambda b: {"key": plain(b), "days": "180"}, [], lambda b, plan: of_key(plan, rotation=True, every=180),
         prepare=lambda b: b.plain_key()),
    Case("key-statement", HOME, lambda b: {"key": plain(b), "who": VAULT}, [], with_use, prepare=lambda b: b.plain_key()),
    Case("prevent-deletion", HOME, lambda b: {"key": plain(b), "break_glass": ROLE % MAIN}, [], with_deny,
         prepare=lambda b: b.plain_key()),
    Case("vault-access", [(VAULT, "ap-south-2")], lambda b: {
        "vault": "arn:aws:backup:ap-south-2:%s:backup-vault:central" % VAULT, "accounts": MAIN}, [], with_copies),
]


def elsewhere(world, places):
    """What the endpoint holds in all other places."""
    return {(account, region): data for account, row in world["accounts"].items()
            for region, data in row["data"].items() if (account, region) not in places}


def agrees(tally, name, case, b, plan, before, places):
    """Every change is expected, every expectation is met; what a plan makes anew has names of AWS's own."""
    changes = {k: v[1] for k, v in eye.changes(before, b.look(places)).items()}
    changes = {k: SOME if isinstance(v, datetime.datetime) else v for k, v in changes.items()}
    expected = {k: SOME if isinstance(v, datetime.datetime) else v for k, v in case.expected(b, plan).items()
                if before.get(k) != v}
    tally.check(name + " changes what it named and nothing else", changes == expected,
                "\n%s\n%s" % ({k: v for k, v in changes.items() if expected.get(k, ()) != v},
                              {k: v for k, v in expected.items() if changes.get(k, ()) != v}))
    now = elsewhere(b.endpoint.ctl("world"), places)
    was = elsewhere(b.was, places)
    tally.check(name + " changes no other place", now == was, [k for k in now if now[k] != was.get(k)])


def make(tally, name, case, b, places):
    b.fresh()
    case.prepare(b)
    before = b.looked = b.look(places)
    digest, b.was = b.endpoint.ctl("state_digest"), b.endpoint.ctl("world")
    path, done = b.plan(case.wizard, **case.inputs(b))
    if not tally.check(name + " is planned", done.status == 0, done):
        return before, None, None
    tally.check(name + " planning changes nothing", digest == b.endpoint.ctl("state_digest"))
    plan = load(path)
    return before, path, plan


def run(b, case, path, plan, apply, resume=False):
    """To the end, or to where it fails. What an answer needs to know may be made only on the way, so it stops there."""
    before = None
    while True:
        answered = sum(e["event"] == "human" for e in b.journal())
        left = case.answers[answered:]
        given = [plan["phrase"]]
        for n, answer in enumerate(left):
            answer = answer if not callable(answer) else answer(b, plan) if n == 0 else None
            if answer is None:
                break
            given.append(answer)
        done = apply(path, *given, resume=resume)
        if done is None or "waits for you" not in done.err or before == (answered, given):
            return done
        resume, before = True, (answered, given)


def allowed(b, wizard):
    """The actions of `keyfall iam-policy --wizard`, and what getting in takes."""
    policy = json.loads(b.run("iam-policy", "--wizard", wizard).out)
    return {a for s in policy["Statement"] for a in s["Action"]} | {"sts:GetCallerIdentity", "sts:AssumeRole"}


def cli_is_good(tally, name, text):
    """Each command of the AWS CLI names an operation and members that botocore's models have, with all that they need."""
    for line in text.splitlines():
        if not line.startswith("aws "):
            continue
        words = shlex.split(line.replace("$'", "'"))
        model = MODELS.get_service_model(words[1])
        operation = next((o for o in model.operation_names if xform_name(o, "-") == words[2]), None)
        shape = model.operation_model(operation).input_shape if operation else None
        known = {xform_name(m, "-") for m in shape.members} if shape else set()
        given = {re.sub("^no-", "", w[2:]) for w in words[3:] if w.startswith("--")} - {"region"}
        needed = {xform_name(m, "-") for m in shape.required_members} if shape else set()
        tally.check("%s, %s is the AWS CLI's" % (name, words[2]), operation and needed <= given <= known, line)


def to_the_end(tally, name, case, b):
    before, path, plan = make(tally, name, case, b, case.places)
    if not plan:
        return []
    shown = b.run("plan", "show", path)
    tally.check(name + " is shown", shown.status == 0 and not shown.err and plan["phrase"] in shown.out, shown)
    cli_is_good(tally, name, b.run("plan", "cli", path).out)
    b.endpoint.ctl("reset_log", {})
    done = run(b, case, path, plan, b.apply)
    tally.check(name + " is done", done.status == 0, done)
    took = set(b.endpoint.ctl("stats")["actions"])
    tally.check(name + " takes no more than its policy allows", took <= allowed(b, case.wizard),
                took - allowed(b, case.wizard))
    agrees(tally, name, case, b, plan, before, case.places)
    digest = b.endpoint.ctl("state_digest")
    for resume in (False, True):
        again = b.apply(path, plan["phrase"], resume=resume)
        tally.check(name + " again is nothing", again.status == 0 and "nothing is sent" in again.out, again)
    tally.check(name + " again changes nothing", digest == b.endpoint.ctl("state_digest"))
    tally.check(name + " leads where it says", case.then(b, plan))
    tally.check(name + " is what AWS takes", not b.violations(), b.violations()[:3])
    return calls_of(path)


def killed(tally, name, case, b, operation, nth, how):
    name = "%s, killed at %s %d (%s)," % (name, operation, nth + 1, how)
    before, path, plan = make(tally, name, case, b, case.places)
    if not plan:
        return
    with b.killing(operation, how, nth) as apply:
        died = run(b, case, path, plan, apply)
    if not tally.check(name + " dies", died is None, died):
        return
    done = b.apply(path, plan["phrase"], settle=1)
    tally.check(name + " wants --resume", done.status == 1 and "--resume" in done.err, done)
    done = run(b, case, path, plan, lambda *args, **more: b.apply(*args, settle=1, **more), resume=True)
    tally.check(name + " is taken up again", done.status == 0, done)
    agrees(tally, name, case, b, plan, before, case.places)


def main():
    tally, killed_at = Tally(), set()
    words = sys.argv[1:]
    with Bench() as b:
        for n, case in enumerate(CASES):
            if words and case.wizard not in words:
                continue
            name = "%d %s" % (n, case.wizard)
            calls = to_the_end(tally, name, case, b)
            for i, operation in enumerate(calls):
                if not LONG and operation in killed_at:
                    continue
                killed_at.add(operation)
                for how in KILLS if LONG else (KILLS[len(killed_at) % len(KILLS)],):
                    killed(tally, name, case, b, operation, calls[:i].count(operation), how)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
