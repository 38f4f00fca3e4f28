"""Records of what computes, carries messages or is analysed, made for generated worlds."""
from .build import T0, hexid


class Streams:
    """One place's records. `keys`: references to a key as AWS gives them back; None: no key."""

    def __init__(self, rnd, place, text, key_arns, aliases):
        self.rnd, self.place, self.text = rnd, place, text
        self.arns, self.aliases = key_arns, aliases

    def arn_or_none(self):
        return self.rnd.choice([None, self.rnd.choice(self.arns), self.rnd.choice(self.arns)])

    def reference(self):
        """As people wrote it: a key's id or ARN, an alias's name or ARN, or an alias that is gone."""
        arn, alias = self.rnd.choice(self.arns), self.rnd.choice(self.aliases)
        return self.rnd.choice([None, arn, arn.rsplit("/", 1)[1], alias, self.place.arn("kms", alias),
                                "alias/no-longer-there"])

    def fill(self, count=3):
        things = self.place.data.setdefault("things", {})
        for kind in sorted(MAKERS):
            things[kind] = [MAKERS[kind](self, n) for n in range(count)]

    def function(self, n):
        name = "fn-%d" % n
        out = {"FunctionName": name, "FunctionArn": self.place.arn("lambda", "function:" + name),
               "Runtime": "python3.13", "Handler": "index.handler", "Version": "$LATEST",
               "Role": "arn:aws:iam::%s:role/fn" % self.place.account, "PackageType": "Zip",
               "LastModified": "2026-01-02T03:04:05.000+0000", "State": "Active",
               "Description": self.text("a function"), "CodeSha256": hexid(40, "code", n),
               "Environment": {"Variables": {"TOKEN": self.text("s3cr3t")}}}
        key = self.arn_or_none()
        if key:
            out["KMSKeyArn"] = key
        if n == 2:
            out.update(State="Inactive", StateReasonCode="DisabledKMSKey")
        return out


MAKERS = {"function": Streams.function}
