"""Which code and status each protocol uses for the same trouble."""


class ApiError(Exception):
    """An error an operation answers. `status` None: what the model says, else 400."""

    def __init__(self, code, message, status=None, headers=None):
        super().__init__(message)
        self.code, self.message, self.status, self.headers = code, message, status, headers or {}


#: trouble -> protocol -> (code, status); "*" for the rest.
TABLE = {
    "throttle": {"json": ("ThrottlingException", 400), "rest-json": ("ThrottlingException", 429),
                 "query": ("Throttling", 400), "ec2": ("RequestLimitExceeded", 503),
                 "rest-xml": ("SlowDown", 503)},
    "denied": {"json": ("AccessDeniedException", 400), "rest-json": ("AccessDeniedException", 403),
               "query": ("AccessDenied", 403), "ec2": ("UnauthorizedOperation", 403),
               "rest-xml": ("AccessDenied", 403)},
    "expired": {"json": ("ExpiredTokenException", 400),
                "rest-json": ("ExpiredTokenException", 403),
                "query": ("ExpiredToken", 403), "ec2": ("RequestExpired", 400),
                "rest-xml": ("ExpiredToken", 400)},
    "token": {"json": ("UnrecognizedClientException", 400),
              "rest-json": ("UnrecognizedClientException", 403),
              "query": ("InvalidClientTokenId", 403), "ec2": ("AuthFailure", 401),
              "rest-xml": ("InvalidAccessKeyId", 403)},
    "signature": {"json": ("InvalidSignatureException", 400),
                  "rest-json": ("InvalidSignatureException", 403),
                  "query": ("SignatureDoesNotMatch", 403), "ec2": ("AuthFailure", 401),
                  "rest-xml": ("SignatureDoesNotMatch", 403)},
    "skew": {"json": ("InvalidSignatureException", 400),
             "rest-json": ("InvalidSignatureException", 403),
             "query": ("SignatureDoesNotMatch", 403), "ec2": ("RequestExpired", 400),
             "rest-xml": ("RequestTimeTooSkewed", 403)},
    "missing": {"json": ("MissingAuthenticationTokenException", 400),
                "rest-json": ("MissingAuthenticationTokenException", 403),
                "query": ("MissingAuthenticationToken", 403), "ec2": ("AuthFailure", 401),
                "rest-xml": ("AccessDenied", 403)},
    "incomplete": {"json": ("IncompleteSignatureException", 400),
                   "rest-json": ("IncompleteSignatureException", 403),
                   "query": ("IncompleteSignature", 400), "ec2": ("AuthFailure", 401),
                   "rest-xml": ("AuthorizationHeaderMalformed", 400)},
    "malformed": {"json": ("SerializationException", 400),
                  "rest-json": ("SerializationException", 400),
                  "query": ("MalformedQueryString", 400), "ec2": ("InvalidParameterValue", 400),
                  "rest-xml": ("InvalidRequest", 400)},
    "invalid": {"json": ("ValidationException", 400), "rest-json": ("ValidationException", 400),
                "query": ("ValidationError", 400), "ec2": ("InvalidParameterValue", 400),
                "rest-xml": ("InvalidArgument", 400)},
    "unimplemented": {"*": ("NotImplemented", 501)},
    "unknown": {"json": ("UnknownOperationException", 400),
                "rest-json": ("UnknownOperationException", 404), "query": ("InvalidAction", 400),
                "ec2": ("InvalidAction", 400),
                "rest-xml": ("MethodNotAllowed", 405)},
    "internal": {"json": ("InternalFailure", 500), "rest-json": ("InternalFailure", 500),
                 "query": ("InternalFailure", 500), "ec2": ("InternalError", 500),
                 "rest-xml": ("InternalError", 500)},
}

#: Services that say it in their own words.
OWN = {
    ("throttle", "organizations"): ("TooManyRequestsException", 400),
    ("internal", "kms"): ("KMSInternalException", 500),
    ("internal", "ssm"): ("InternalServerError", 500),
    ("internal", "backup"): ("ServiceUnavailableException", 500),
    ("invalid", "backup"): ("InvalidParameterValueException", 400),
    ("invalid", "organizations"): ("InvalidInputException", 400),
    ("invalid", "rds"): ("InvalidParameterValue", 400),
}

#: What a stale or foreign page token is called.
STALE_TOKEN = {"kms": "InvalidMarkerException", "ssm": "InvalidNextToken",
               "ec2": "InvalidNextToken", "backup": "InvalidParameterValueException",
               "rds": "InvalidParameterValue", "organizations": "InvalidInputException",
               "account": "ValidationException"}


def of(kind, service):
    """(code, status) for a trouble, told the way `service` tells it."""
    own = OWN.get((kind, service.name if service else None))
    if own:
        return own
    row = TABLE[kind]
    return row.get("*") or row[service.protocol if service else "json"]


def resource_not_allowed(action, caller, resource, why="identity"):
    """AWS's sentence for a refusal; `why` is identity, scp or resource."""
    reason = {
        "identity": "because no identity-based policy allows the %s action" % action,
        "scp": "with an explicit deny in a service control policy",
        "resource": "because no resource-based policy allows the %s action" % action,
    }[why]
    return "User: %s is not authorized to perform: %s on resource: %s %s" % (
        caller, action, resource, reason)
