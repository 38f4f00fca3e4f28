"""The second opinion: a moto server, filled over its own API with boto3.

    python -m endpoint.moto_world [--port N] [--write-aws-config DIR]

Three accounts by assumed roles, two regions (at length three); keys in every state moto can reach, aliases, grants,
parameters, vaults, RDS and EBS. Prints one JSON line with the port when filled, then serves until it
is ended. moto knows no recovery points, no vault policies, no signatures, and hardly any pages.
"""
import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time

if __package__ in (None, ""):
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

import boto3
import botocore.config
import botocore.exceptions

from endpoint.build import grants_statement, root_policy, use_statement
from endpoint.world import write_aws_config

ACCOUNTS = ["123456789012", "222222222222", "333333333333"]     # moto's own first
REGIONS = ["us-east-1", "eu-west-1"] + ["eu-central-1"] * bool(os.environ.get("LONG"))
ROLE = "KeyfallRead"


HERE = os.path.dirname(os.path.abspath(__file__))
# Each of its keys would get an RSA pair of its own, each account and Region hundreds of Amazon's images.
SERVER = """
import functools
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.serving import WSGIRequestHandler as Handler
rsa.generate_private_key = functools.cache(rsa.generate_private_key)
Handler.protocol_version = "HTTP/1.1"
Handler.log_request = lambda *_: None
%s
from moto.server import main
main(["-H", "127.0.0.1", "-p", "%d"])
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(port, mended=""):
    """moto_server as a process of its own, listening; `mended`: Python that it runs before."""
    process = subprocess.Popen([sys.executable, "-c", SERVER % (mended, port)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env={**os.environ, "MOTO_AMIS_PATH": HERE + "/amis.json"})
    for _ in range(3000):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError("moto_server did not start")


def text():
    """What write_aws_config needs to know: the user, and a role in every account."""
    return {"users": [{"access_key_id": "AKIAIOSFODNN7EXAMPLE", "account": ACCOUNTS[0], "name":
                       "operator", "secret_access_key": "wJalrXUtnFEMIEXAMPLEKEYbPxRfiCYzz"}],
            "roles": [{"arn": "arn:aws:iam::%s:role/%s" % (a, ROLE)} for a in ACCOUNTS]}


class Filler:
    """Everything of one account and region."""

    def __init__(self, session, url, account, region):
        self.session, self.url, self.account, self.region = session, url, account, region

    def client(self, service):
        return self.session.client(service, region_name=self.region, endpoint_url=self.url,
                                   config=botocore.config.Config(parameter_validation=True))

    def fill(self):
        keys = self.kms()
        self.ssm(keys)
        self.backup(keys)
        self.ebs(keys)
        self.drivers()
        self.rds(keys)

    def kms(self):
        kms, keys = self.client("kms"), []
        other = ACCOUNTS[(ACCOUNTS.index(self.account) + 1) % 3]
        for n in range(9):
            policy = root_policy(self.account, [use_statement("arn:aws:iam::%s:root" % other),
                                                grants_statement(other)] if n % 3 == 0 else [])
            more = {"Origin": "EXTERNAL"} if n == 4 else {}
            if n == 5:
                more = {"KeySpec": "RSA_2048"}
            if n == 7:
                more = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
            meta = kms.create_key(Description="key %d, \u9375 = '\"" % n, Policy=policy,
                                  MultiRegion=n == 6, Tags=[{"TagKey": "n", "TagValue": str(n)}],
                                  **dict({"KeyUsage": "ENCRYPT_DECRYPT"}, **more))["KeyMetadata"]
            keys.append(meta["Arn"])
            for i in range(n % 3):
                kms.create_alias(AliasName="alias/k%d-%d" % (n, i), TargetKeyId=meta["KeyId"])
        kms.enable_key_rotation(KeyId=keys[1].rsplit("/", 1)[1])
        for n in range(3):
            kms.create_grant(KeyId=keys[1], GranteePrincipal="arn:aws:iam::%s:role/R%d" % (
                other, n), Operations=["Decrypt", "CreateGrant"], Name="g%d" % n,
                RetiringPrincipal="arn:aws:iam::%s:root" % self.account)
        kms.disable_key(KeyId=keys[2].rsplit("/", 1)[1])      # moto: 500 on an ARN
        kms.schedule_key_deletion(KeyId=keys[3].rsplit("/", 1)[1], PendingWindowInDays=9)
        if self.region == REGIONS[0]:
            kms.replicate_key(KeyId=keys[6].rsplit("/", 1)[1], ReplicaRegion=REGIONS[1])
        return keys

    def ssm(self, keys):
        ssm = self.client("ssm")
        ssm.put_parameter(Name="/app/plain", Value="v", Type="String")
        ssm.put_parameter(Name="Druva-ClientCredential-1", Value="v", Type="SecureString")
        for n, key in enumerate((keys[0], keys[1].rsplit("/", 1)[1], "alias/k1-0", keys[2])):
            ssm.put_parameter(Name="/app/secret-%d" % n, Value="v", Type="SecureString", KeyId=key)
        for n in range(20):
            ssm.put_parameter(Name="/many/p%02d" % n, Value="v", Type="StringList")

    def backup(self, keys):
        backup = self.client("backup")
        backup.create_backup_vault(BackupVaultName="prod", EncryptionKeyArn=keys[0])
        backup.create_backup_vault(BackupVaultName="locked", EncryptionKeyArn=keys[3])
        backup.put_backup_vault_lock_configuration(BackupVaultName="locked", MinRetentionDays=7,
                                                   MaxRetentionDays=90)
        backup.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [
            {"RuleName": "daily", "TargetBackupVaultName": "prod"}]})

    def ebs(self, keys):
        ec2 = self.client("ec2")
        for n in range(4):
            more = {"Encrypted": True, "KmsKeyId": keys[n]} if n else {}
            volume = ec2.create_volume(AvailabilityZone=self.region + "a", Size=8, **more)
            ec2.create_snapshot(VolumeId=volume["VolumeId"], Description="nightly %d" % n)

    def drivers(self):
        """An image of an instance, and rules of which some are about backups."""
        ec2, events = self.client("ec2"), self.client("events")
        base = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        host = ec2.run_instances(ImageId=base, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        ec2.create_image(InstanceId=host, Name="golden")
        for n, source in enumerate(("aws.backup", "aws.codedeploy", "aws.kms")):
            events.put_rule(Name="rule-%d" % n, EventPattern=json.dumps({"source": [source]}), State="ENABLED")
            events.put_targets(Rule="rule-%d" % n, Targets=[
                {"Id": str(i), "Arn": "arn:aws:lambda:%s:%s:function:copy-on-%d" % (self.region, self.account, i)}
                for i in range(n + 1)])
        events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")

    def rds(self, keys):
        rds = self.client("rds")
        for n in range(3):
            more = {"StorageEncrypted": True, "KmsKeyId": keys[n]} if n else {}
            rds.create_db_instance(DBInstanceIdentifier="db-%d" % n, AllocatedStorage=20,
                                   DBInstanceClass="db.m5.large", Engine="postgres",
                                   MasterUsername="root", MasterUserPassword="not-a-secret", **more)
            rds.create_db_snapshot(DBInstanceIdentifier="db-%d" % n,
                                   DBSnapshotIdentifier="snap-%d" % n)
        rds.create_db_cluster(DBClusterIdentifier="aurora", Engine="aurora-postgresql",
                              MasterUsername="root", MasterUserPassword="not-a-secret",
                              StorageEncrypted=True, KmsKeyId=keys[1])
        rds.create_db_cluster_snapshot(DBClusterIdentifier="aurora",
                                       DBClusterSnapshotIdentifier="aurora-snap")


def people(session, url):
    """Principals and policies of an account; of the first also an organization with policies."""
    iam = session.client("iam", endpoint_url=url)
    read = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "kms:Describe*", "Resource": "*", "Sid": "100%"}]})
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    guard = iam.create_policy(PolicyName="Guard", PolicyDocument=read)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=guard, PolicyDocument=read.replace("Describe", "List"),
                              SetAsDefault=True)
    iam.create_group(GroupName="Admins")
    iam.put_group_policy(GroupName="Admins", PolicyName="read", PolicyDocument=read)
    for n in range(3):
        iam.create_role(RoleName="role-%d" % n, Path="/team/", AssumeRolePolicyDocument=trust,
                        PermissionsBoundary=guard, Tags=[{"Key": "n", "Value": str(n)}])
        iam.attach_role_policy(RoleName="role-%d" % n, PolicyArn=guard)
        iam.put_role_policy(RoleName="role-%d" % n, PolicyName="read", PolicyDocument=read)
        iam.create_user(UserName="user-%d" % n)
        iam.add_user_to_group(UserName="user-%d" % n, GroupName="Admins")


def organization(session, url):
    org = session.client("organizations", endpoint_url=url)
    org.create_organization(FeatureSet="ALL")
    root = org.list_roots()["Roots"][0]["Id"]
    org.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = org.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    inner = org.create_organizational_unit(ParentId=unit, Name="Production")["OrganizationalUnit"]["Id"]
    policy = org.create_policy(Name="guard", Type="SERVICE_CONTROL_POLICY", Description="", Content=json.dumps(
        {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}]}))["Policy"]["PolicySummary"]
    org.attach_policy(PolicyId=policy["Id"], TargetId=inner)


def sessions(url):
    """A boto3 session for each account: the first is the user's own, the others by their role."""
    user = text()["users"][0]
    base = boto3.Session(user["access_key_id"], user["secret_access_key"], region_name=REGIONS[0])
    yield ACCOUNTS[0], base
    sts = base.client("sts", endpoint_url=url)
    for account in ACCOUNTS[1:]:
        c = sts.assume_role(RoleArn="arn:aws:iam::%s:role/%s" % (account, ROLE),
                            RoleSessionName="fill")["Credentials"]
        yield account, boto3.Session(c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"],
                                     region_name=REGIONS[0])


def main(argv=None):
    p = argparse.ArgumentParser(prog="moto_world")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--write-aws-config", metavar="DIR")
    args = p.parse_args(argv)
    port = args.port or free_port()
    url = "http://127.0.0.1:%d" % port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    process = start(port)
    try:
        for account, session in sessions(url):
            people(session, url)
            if account == ACCOUNTS[0]:
                organization(session, url)
            for region in REGIONS:
                Filler(session, url, account, region).fill()
        if args.write_aws_config:
            write_aws_config(text(), args.write_aws_config, url)
        print(json.dumps({"port": port, "url": url, "pid": os.getpid(), "accounts": ACCOUNTS,
                          "regions": REGIONS}), flush=True)
        process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        process.kill()      # it has nothing to save, and would first answer all that it was asked
        process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
