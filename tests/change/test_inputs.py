#!/usr/bin/env python3
"""Each input of each wizard with bad values: refused with a sentence that names it, before anybody is asked anything
(there is nobody here to ask, and there are no credentials). A key of another cloud is refused by that cloud's name."""
import concurrent.futures
import os
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, TESTS + "/live"]

from program import HANG_S, Tally, environment, program  # noqa: E402

OWN, OTHER = "111122223333", "777788889999"
KEY = "arn:aws:kms:us-east-1:%s:key/11111111-2222-3333-4444-555555555555" % OWN
CHINESE = KEY.replace("arn:aws:", "arn:aws-cn:").replace("us-east-1", "cn-north-1")
ROLE = "arn:aws:iam::%s:role/Admin" % OWN
VAULT = "arn:aws:backup:us-east-1:%s:backup-vault:one" % OWN
PARAMETER = "arn:aws:ssm:us-east-1:%s:parameter/Druva-ClientCredential-1" % OWN
DATABASE = "arn:aws:rds:us-east-1:%s:db:one" % OWN

#: keys of other clouds, by the words that they are refused with
FOREIGN = {
    "in an Azure key vault": [
        "https://name.vault.azure.net/keys/one/0123456789abcdef0123456789abcdef", "name.vault.azure.net/keys/one",
        "https://NAME.Vault.Azure.NET:443/keys/one", "https://name.vault.azure.cn/keys/one",
        "https://name.vault.usgovcloudapi.net/keys/one", "https://name.vault.microsoftazure.de/keys/one",
        "https://name.vault.cloudapi.eaglex.ic.gov/keys/one", "https://name.vault.azure.net/",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/name/keys/one"],
    "in an Azure managed HSM": [
        "https://name.managedhsm.azure.net/keys/one", "https://name.managedhsm.azure.cn/keys/one/2",
        "https://name.managedhsm.usgovcloudapi.net/keys/one", "https://name.managedhsm.microsoftazure.de/keys/one",
        "/subscriptions/s/resourcegroups/g/providers/Microsoft.KeyVault/managedHSMs/name"],
    "a key of Google Cloud KMS": [
        "projects/p/locations/l/keyRings/r/cryptoKeys/k", "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
        "locations/l/keyRings/r/cryptoKeys/k", "//cloudkms.googleapis.com/projects/p/locations/l/keyRings/r/cryptoKeys/k",
        "https://cloudkms.googleapis.com/v1/projects/p/locations/l/keyRings/r", "gcp-kms://projects/p/locations/l",
        "gcpkms://projects/p/locations/l"],
    "a key of Oracle Cloud": ["ocid1.key.oc1.iad.x.y", "ocid1.keyversion.oc1.iad.x.y",
                              "https://x-crypto.kms.us-ashburn-1.oraclecloud.com",
                              "https://x-management.kms.us-langley-1.oraclegovcloud.com"],
    "a vault of Oracle Cloud": ["ocid1.vault.oc1.iad.x.y"],
    "a key of HashiCorp Vault": ["vault:v1:abc", "transit/keys/one", "/transit/encrypt/one", "hashivault://one", "hcvault:one",
                                 "https://vault.example.com:8200/v1/transit/keys/one", "http://10.0.0.1:8200/ui/",
                                 "https://vault.example.com/v1/team/transit/keys/one"],
    "a key of Alibaba Cloud KMS": ["acs:kms:cn-hangzhou:1234:key/key-hz"],
    "a key of IBM Key Protect": ["crn:v1:bluemix:public:kms:us-south:a/x:y:key:z"],
    "a key of IBM Hyper Protect Crypto Services": ["crn:v1:bluemix:public:hs-crypto:us-south:a/x:y:key:z"],
}
BAD_KEYS = [("", "missing"), ("alias/one", "alias"), ("arn:aws:kms:us-east-1:%s:alias/one" % OWN, "alias"),
            ("11111111-2222-3333-4444-555555555555", "whole ARN"), ("mrk-" + 32 * "a", "whole ARN"),
            (KEY[:-1], "no key ARN"), (KEY + "0", "no key ARN"), (KEY.replace("kms", "s3"), "no key ARN"),
            (KEY.replace(OWN, "12345"), "no key ARN"), (KEY.replace("arn:aws:", "arn:AWS:"), "no key ARN"),
            ("${keyfall:key}", "stands for"), (KEY.replace(":key/", ":key/mrk-"), "no key ARN"),
            *((key, word) for word, keys in FOREIGN.items() for key in keys),
            (KEY.replace("arn:aws:", "arn:aws-cn:"), "of the AWS partition aws-cn"),
            (KEY.replace("us-east-1", "mars-north-1"), "no Region of any AWS partition")]
BAD_ACCOUNTS = [("12345678901", "12 digits"), ("1234567890123", "12 digits"), ("12345678901x", "12 digits"),
                ("1111-2222-3333", "give it so"), ("1111 2222 3333", "give it so")]
BAD_REGIONS = [("useast1", "Region"), ("US-EAST-1", "Region"), ("us-east-1;", "Region"), ("1", "Region"),
               ("mars-north-1", "no Region of any AWS partition"), ("us-east", "Region")]
BAD_ALIASES = [("druva", "alias/"), ("alias/aws/druva", "AWS's own"), ("alias/a:b", "alias"), ("alias/", "alias"),
               ("alias/" + 251 * "x", "256"), ("alias/x y", "is no alias"), ("alias/x\u200by", "is no alias")]
BAD_ROLES = [("Admin", "role"), ("arn:aws:iam::%s:user/me" % OWN, "role"), ("arn:aws:iam::12:role/me", "role"),
             ("arn:aws:sts::%s:assumed-role/me/s" % OWN, "role"), (ROLE + " B", "role"),
             (ROLE.replace("Admin", "a path/Admin"), "role")]
BAD_VAULTS = [("Default", "AWS's own"), ("aws/efs/automatic-backup-vault", "AWS's own"), ("a", "vault"),
              (51 * "a", "vault"), ("two words", "vault")]
BAD_VAULT_ARNS = [("one", "vault"), (VAULT.replace("backup-vault", "vault"), "vault"), (VAULT.replace(OWN, "1"), "vault"),
                  (VAULT[:-3], "vault"), (VAULT + " two", "vault"), (VAULT.replace("us-east-1", "mars-north-1"), "no Region of any AWS partition")]
BAD_DAYS = [("89", "90"), ("2561", "90"), ("often", "90"), ("-365", "90"), ("365.5", "90")]
CARE = {"account": BAD_ACCOUNTS, "region": BAD_REGIONS, "key": BAD_KEYS[1:], "alias": BAD_ALIASES,
        "description": [(8101 * "x", "too long")], "rotation": BAD_DAYS, "break_glass": BAD_ROLES,
        "admins": [("arn:aws:iam::%s:group/Admins" % OWN, "groups"), (ROLE + ",x", "role"), (",,", "between its commas"),
                   (ROLE + ",," + ROLE, "between its commas"), (ROLE + " B", "role")]}
EKM = ({"druva_account": OTHER, "account": OWN, "region": "us-east-1"},
       dict(CARE, druva_account=[("", "missing")] + BAD_ACCOUNTS))

#: wizard: what is good, and for each input its bad values with a word of the sentence
ROWS = {
    "rescue": ({"key": KEY}, {"key": BAD_KEYS}),
    "ekm-entra-id": EKM,
    "ekm-salesforce": (EKM[0], {"druva_account": EKM[1]["druva_account"]}),
    "ekm-switch": (dict(EKM[0], old_key=KEY), {"old_key": BAD_KEYS[:6], "product": [("word", "none of")],
                                               "disable_old": [("perhaps", "none of")]}),
    "druva-credentials": ({"parameter": PARAMETER}, {
        "parameter": [("", "missing"), ("Druva-ClientCredential-1", "parameter"),
                      (PARAMETER.replace("ssm", "kms"), "parameter"), (PARAMETER + "é", "parameter"), (PARAMETER + " 2", "parameter")],
        "regions": BAD_REGIONS[:2], "key": BAD_KEYS[1:3], "prefix": [("a b", "begin")]}),
    "rotation": ({"key": KEY}, {"key": BAD_KEYS[:2], "days": BAD_DAYS}),
    "key-statement": ({"key": KEY, "who": OTHER}, {
        "key": BAD_KEYS[:2], "right": [("everything", "none of")],
        "who": [("1234", "12 digits"), ("arn:aws:iam::%s:group/x" % OWN, "12 digits"), ("*", "12 digits")]}),
    "prevent-deletion": ({"key": KEY}, {"key": BAD_KEYS[:2], "break_glass": BAD_ROLES}),
    "vault-access": ({"vault": VAULT, "accounts": OTHER}, {"vault": BAD_VAULT_ARNS, "accounts": BAD_ACCOUNTS}),
    "move-vault": ({"vault": VAULT, "key": KEY, "new": "two", "role": ROLE}, {
        "vault": BAD_VAULT_ARNS, "key": BAD_KEYS[:3], "new": BAD_VAULTS, "role": BAD_ROLES, "copy": [("all", "none of")]}),
    "autobackup": ({"setup": "web", "role": ROLE, "protected": OTHER, "alias": "alias/one", "regions": "eu-west-1"}, {
        "setup": [("two words", "setup")], "role": BAD_ROLES, "protected": BAD_ACCOUNTS, "alias": BAD_ALIASES,
        "regions": BAD_REGIONS, "sources": BAD_KEYS[1:4], "admins": [("Admin", "role")],
        "source_role": [("a/b", "role")]}),
    "share-rds": ({"database": DATABASE, "source_vault": "one", "role": ROLE, "account": OTHER, "region": "eu-west-1",
                   "vault": "two", "alias": "alias/one"}, {
        "database": [("one", "database"), (DATABASE.replace("rds", "ec2"), "database"), (DATABASE + " two", "database")], "source_vault": [("a", "vault")],
        "role": BAD_ROLES, "account": BAD_ACCOUNTS, "region": BAD_REGIONS, "vault": BAD_VAULTS, "alias": BAD_ALIASES,
        "via": BAD_VAULTS, "via_alias": BAD_ALIASES, "plan": [("x", "plan")]}),
}


#: inputs that are good each by itself and wrong together: wizard, inputs, how the sentence begins and goes on
TOGETHER = [
    ("share-rds", dict(ROWS["share-rds"][0], account=OWN, region="us-east-1", vault="one"), 'vault "one"', "itself"),
    ("share-rds", dict(ROWS["share-rds"][0], via="one", via_alias="alias/two"), 'via "one"', "itself"),
    ("ekm-entra-id", dict(EKM[0], key=CHINESE), 'key "arn:aws-cn:', "lives in another AWS partition"),
    ("autobackup", dict(ROWS["autobackup"][0], regions="eu-west-1,cn-north-1"), 'regions "cn-north-1"',
     "lives in another AWS partition"),
    ("autobackup", dict(ROWS["autobackup"][0], regions="eu-west-1, eu-west-1"), 'regions "eu-west-1"', "named twice"),
    *((wizard, {"druva_account": OTHER, "key": KEY, name: value, **more}, name + " does not go with key", "leave one")
      for wizard, more in (("ekm-entra-id", {}), ("ekm-switch", {"old_key": KEY[:-1] + "6"}))
      for name, value in (("account", OWN), ("region", "us-east-1"), ("alias", "alias/other"), ("description", "other"),
                          ("admins", ROLE), ("break_glass", ROLE))),
]


#: what comes along when an ARN is pasted, and is taken out
PASTED = [' "%s" ', "'%s'", "<%s>", "\ufeff%s", "\u200b%s\u200b", "\u00a0%s\u00a0", "\r\n\t%s\r\n"]


def ask(folder, wizard, **inputs):
    args = [x for k, v in inputs.items() for x in ("--set", "%s=%s" % (k, v))]
    env = environment(folder, AWS_MAX_ATTEMPTS="1", HOME=folder)
    return subprocess.run([program(), "wizard", wizard, *args, "--endpoint-url", "http://127.0.0.1:9"], env=env, timeout=HANG_S,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def refused(tally, wizard, name, value, word, done):
    said = done.stderr.decode()
    tally.check("%s %s=%.60s is refused" % (wizard, name, value), done.returncode == 2 and not done.stdout and
                said.startswith("keyfall: %s " % name) and word in said, (done.returncode, said))


def questions():
    for wizard, (good, bad) in ROWS.items():
        for name, values in bad.items():
            for value, word in values:
                yield wizard, name, value, word, dict(good, **{name: value})


def main():
    tally = Tally()
    listed = subprocess.run([program(), "wizard"], env=environment(), stdout=subprocess.PIPE, check=True).stdout.decode()
    names = [line for line in listed.splitlines() if line and not line.startswith(" ")]
    tally.check("every wizard is asked", sorted(names) == sorted(ROWS), names)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        asked = [(q, pool.submit(ask, "/nonexistent", q[0], **q[4])) for q in questions()]
        for (wizard, name, value, word, _), done in asked:
            refused(tally, wizard, name, value, word, done.result())
        for wizard, (good, _) in ROWS.items():
            done = ask("/nonexistent", wizard, **good)
            tally.check(wizard + " with good ones goes on to ask", done.returncode == 3, done)
            done = ask("/nonexistent", wizard, **dict(good, nosuch="1"))
            tally.check(wizard + " takes nothing else", done.returncode == 2 and b'"nosuch"' in done.stderr, done)
        for paste in PASTED:
            done = ask("/nonexistent", "move-vault", vault=paste % VAULT, key=paste % KEY, new="two", role=paste % ROLE)
            tally.check("%r around ARNs is mended" % paste, done.returncode == 3, done)
        for wizard, inputs, begin, word in TOGETHER:
            done = ask("/nonexistent", wizard, **inputs)
            said = done.stderr.decode()
            tally.check("%s: %s together with the others is refused" % (wizard, begin), done.returncode == 2 and
                        said.startswith("keyfall: " + begin) and word in said, done)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
