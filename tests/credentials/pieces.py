"""Pieces of profile files and the files that logins leave, for the scripts here."""

import hashlib
import json

import servers
from servers import SECRET

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

KEYS = "aws_access_key_id = AKIA%s\naws_secret_access_key = " + SECRET + "\n"
ROLE = "role_arn = arn:aws:iam::111122223333:role/%s\n"
ENV = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": "12345"}
START = "https://example.awsapps.com/start"
SESSION = "[sso-session my-sso]\nsso_start_url = " + START + "\nsso_region = eu-west-1\n"
SSO = "sso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
LEGACY = "sso_start_url = " + START + "\nsso_region = eu-west-1\n"
PROCESS = "credential_process = '$HOME/process' a\n"
WEB = "web_identity_token_file = $HOME/token\n"
LOGIN = "login_session = arn:aws:iam::111122223333:user/alice\n"


def private_key():
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                             serialization.NoEncryption()).decode()


def sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()


def sso_token(name, seconds, registration=86400):
    return ".aws/sso/cache/%s.json" % sha1(name), json.dumps({
        "startUrl": START, "region": "eu-west-1", "accessToken": "token-0-" + SECRET,
        "expiresAt": servers.iso(seconds), "clientId": "client-1", "clientSecret": "client-" + SECRET,
        "registrationExpiresAt": servers.iso(registration), "refreshToken": "refresh-0-" + SECRET})


def login_token(seconds):
    name = hashlib.sha256(b"arn:aws:iam::111122223333:user/alice").hexdigest()
    return ".aws/login/cache/%s.json" % name, json.dumps({
        "accessToken": {"accessKeyId": "ASIACACHED", "secretAccessKey": SECRET, "sessionToken": "cached",
                        "accountId": "111122223333", "expiresAt": servers.iso(seconds)},
        "refreshToken": "refresh-" + SECRET, "dpopKey": private_key(), "tokenType": "urn:aws:params:"
        "oauth:token-type:access_token_sigv4", "clientId": "arn:aws:signin:::devtools/same-device"})
