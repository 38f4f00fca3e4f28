"""A whole organization, wide and shallow: many accounts in many regions, little in each, and every way in
which a part of it can be hidden. The same seed gives the same organization."""
import random

from .build import T0, WorldBuilder, use_statement, root_policy
from .world import DEFAULT_REGIONS, OPT_IN_REGIONS

#: The 17 that are on for everybody, and three that an account may opt in to.
REGIONS = DEFAULT_REGIONS + OPT_IN_REGIONS[:3]
ROLE = "KeyfallRead"
#: What is odd about the n-th account; the management account and those beyond the table are as they should be.
TRAITS = ("management", "delegated", "plain", "suspended", "nothing-allowed", "not-trusted", "no-grants",
          "one-region-off", "no-kms-there", "vault-denied", "no-describe-regions", "no-regions-at-all",
          "pending-closure", "no-external-id")
STATES = {"suspended": "SUSPENDED", "pending-closure": "PENDING_CLOSURE"}


class Organization:
    def __init__(self, seed, accounts, regions, keys):
        self.rnd = random.Random(seed)
        self.n_keys = keys
        self.regions = REGIONS[:regions] if regions < len(DEFAULT_REGIONS) else REGIONS
        self.accounts = ["%012d" % (200000000000 + 7777777777 * n + seed % 1000)
                         for n in range(accounts)]
        self.build = WorldBuilder(self.accounts[0], "management")

    def trait(self, n):
        """Each oddity once in the first accounts, then again in every twenty-third of the others."""
        if n < len(TRAITS):
            return TRAITS[n]
        return TRAITS[2 + n % 23] if 2 + n % 23 < len(TRAITS) else "plain"

    def world(self):
        text = self.build.text
        for n, account in enumerate(self.accounts):
            trait = self.trait(n)
            if n > 0:
                self.build.account(account, "%s-%d" % (trait, n), state=STATES.get(trait, "ACTIVE"),
                                   opted_in=OPT_IN_REGIONS[:n % 4], role=ROLE,
                                   external_id="unknown" if trait == "no-external-id" else None)
            self.hide(account, trait)
            for region in self.regions:
                self.fill(account, region)
        delegated = self.accounts[1] if len(self.accounts) > 1 else None
        if delegated:
            text["delegated_administrators"] = [delegated]
            text["users"].append({"access_key_id": "AKIADELEGATEDADMIN00", "account": delegated,
                                  "secret_access_key": "x" * 40, "name": "delegate"})
            for role in text["roles"]:
                role["trusts"].append(delegated)
        for role in text["roles"]:
            if self.trait(self.accounts.index(role["arn"].split(":")[4])) == "not-trusted":
                role["trusts"] = ["999999999999"]
        return text

    def hide(self, account, trait):
        deny = self.build.deny
        if trait == "nothing-allowed":
            deny(account=account, operation="*", why="scp")
        elif trait == "no-grants":
            deny(account=account, operation="kms:ListGrants")
        elif trait == "no-kms-there":
            deny(account=account, region=self.rnd.choice(self.regions), operation="kms:*", why="scp")
        elif trait == "one-region-off":
            self.build.text["accounts"][account]["regions"][self.regions[-1]] = "not-opted-in"
            self.build.text["accounts"][account]["regions"][self.regions[1]] = "not-opted-in"
        elif trait == "vault-denied":
            deny(account=account, operation="backup:ListRecoveryPointsByBackupVault",
                 resource="*:backup-vault:prod")
        elif trait in ("no-describe-regions", "no-regions-at-all"):
            deny(account=account, operation="ec2:DescribeRegions")
        if trait == "no-regions-at-all":
            deny(account=account, operation="account:ListRegions")

    def fill(self, account, region):
        rnd, place = self.rnd, self.build.region(account, region)
        other = rnd.choice(self.accounts)
        keys = [place.key("k%d" % n, state=rnd.choice(["Enabled"] * 5 + ["Disabled"]),
                          policy=root_policy(account, [use_statement(other)] if rnd.random() < 0.3 else ()),
                          alias="alias/key-%d" % n) for n in range(self.n_keys)]
        place.managed_key("backup")
        for n in range(rnd.randrange(3)):
            place.grant(keys[0], n, "arn:aws:iam::%s:role/Restore" % other)
        vaults = [place.vault("Default"), place.vault("prod", rnd.choice(keys))]
        place.parameter("/app/token", key=rnd.choice([None, "alias/key-0"]))
        volume = place.volume("v", keys[0])
        snapshot = place.snapshot("s", volume, keys[0])
        place.point("prod", snapshot, volume, "EBS", keys[0], created=T0 - rnd.randrange(86400))
        place.protect(volume, "EBS", "v", vaults[1], snapshot)
        db = place.db("orders", rnd.choice(keys + [None]))
        place.db_snapshot("orders-1", "orders", rnd.choice(keys))
        if rnd.random() < 0.3:
            there = "arn:aws:backup:%s:%s:backup-vault:prod" % (rnd.choice(self.regions), other)
            place.plan("daily", [("daily", "prod", [there])], [{"Resources": [db]}])


def world(seed=1, accounts=50, regions=17, keys=2):
    return Organization(seed, accounts, regions, keys).world()
