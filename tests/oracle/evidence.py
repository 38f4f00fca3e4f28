"""What makes copies of snapshots, tests and holds backups, and jobs that failed for want of a key, read with boto3."""
import json
import re

#: keyfall's own words for what AWS has no code for
KEY_WORDS = re.compile("kms|encrypt|key id|cmk", re.I)
BACKUP_WORDS = ("aws.backup", "backup.amazonaws.com", "aws.kms", "kms.amazonaws.com", "aws.dlm", "napshot")
UNKNOWN = "?"

COLUMNS = {
    "amis": "id account region name state snapshots source_image public created",
    "dlm-policies": "id account region description state type default_policy target_tags copies copy_keys "
                    "shared_with shared_by role_arn status_message",
    "event-rules": "id account region name state targets event_pattern managed_by",
    "restore-testing-plans": "id account region name include_vaults exclude_vaults algorithm "
                             "selection_window_days schedule last_execution selections",
    "restore-testing-selections": "id account region name plan_arn resource_type include_resources conditions role_arn",
    "legal-holds": "id account region title status vaults resources from to created canceled",
    "failed-jobs": "id account region job_id what created status_message resource_arn resource_type vault_arn key_arn",
}


def joined(values):
    return ";".join(sorted(set(values)))


class Evidence:
    """`asked(service, operation, key, **args)` gives the items of a list, or none if that is refused."""

    def __init__(self, rows, place, asked, when, refused):
        self.rows, self.place, self.asked, self.when, self.refused = rows, place, asked, when, refused

    def add(self, view, arn, *cells):
        self.rows[view].append([arn, self.place.account, self.place.region, *cells])

    def detail(self, service, operation, **args):
        """None: refused."""
        try:
            return self.place.call(service, operation, **args)
        except self.refused:
            return None

    def images(self):
        arn = "arn:aws:ec2:%s::%%s/%%s" % self.place.region
        for i in self.asked("ec2", "describe_images", "Images", Owners=["self"], IncludeDisabled=True, size=1000):
            made_of = [arn % ("snapshot", d["Ebs"]["SnapshotId"]) for d in i.get("BlockDeviceMappings", [])
                       if d.get("Ebs", {}).get("SnapshotId")]
            self.add("amis", arn % ("image", i["ImageId"]), i.get("Name", ""), i["State"], joined(made_of),
                     i.get("SourceImageId", ""), "true" if i["Public"] else "false", re.sub(r"\.\d+Z", "Z", i["CreationDate"]))

    def copies(self, details):
        """(target, key or how else) of every copy."""
        for schedule in details.get("Schedules", []):
            for rule in schedule.get("CrossRegionCopyRules", []):
                yield rule.get("Target") or rule.get("TargetRegion"), rule
        for action in details.get("Actions", []):
            for copy in action["CrossRegionCopy"]:
                yield copy["Target"], copy["EncryptionConfiguration"]
        for target in details.get("CrossRegionCopyTargets", []):
            yield target["TargetRegion"], {}

    def lifecycles(self):
        for p in self.asked("dlm", "get_lifecycle_policies", "Policies"):
            answer = self.detail("dlm", "get_lifecycle_policy", PolicyId=p["PolicyId"])
            cells = [UNKNOWN] * 7
            if answer:
                full, details = answer["Policy"], answer["Policy"]["PolicyDetails"]
                copies = [(t, e.get("CmkArn"), "default-key" if e.get("Encrypted") else "as-its-source")
                          for t, e in self.copies(details)]
                shares = [a for s in details.get("Schedules", []) for r in s.get("ShareRules", [])
                          for a in r["TargetAccounts"]]
                owners = details.get("EventSource", {}).get("Parameters", {}).get("SnapshotOwner", [])
                cells = [joined("%s=%s" % (t["Key"], t["Value"]) for t in details.get("TargetTags", [])),
                         joined("%s %s" % (t, key or how) for t, key, how in copies),
                         joined(key for _, key, _ in copies if key), joined(shares), joined(owners),
                         full.get("ExecutionRoleArn", ""), full.get("StatusMessage", "")]
            self.add("dlm-policies", "arn:aws:dlm:%s:%s:policy/%s" % (
                self.place.region, self.place.account, p["PolicyId"]), p.get("Description", ""), p.get("State", ""),
                p.get("PolicyType", ""), "true" if p.get("DefaultPolicy") else "false", *cells)

    def event_rules(self):
        for r in self.asked("events", "list_rules", "Rules", size=100):
            if not any(w in r.get("EventPattern", "") for w in BACKUP_WORDS):
                continue
            try:
                targets = joined(re.sub(r"(:function:[^:]+):.*", r"\1", t["Arn"]) for t in self.place.pages(
                    "events", "list_targets_by_rule", "Targets", Rule=r["Name"], size=100))
            except self.refused:
                targets = UNKNOWN
            self.add("event-rules", r["Arn"], r["Name"], r.get("State", ""), targets, r["EventPattern"],
                     r.get("ManagedBy", ""))

    def restore_tests(self):
        for p in self.asked("backup", "list_restore_testing_plans", "RestoreTestingPlans", size=1000):
            name, arn = p["RestoreTestingPlanName"], p["RestoreTestingPlanArn"]
            answer, cells = self.detail("backup", "get_restore_testing_plan", RestoreTestingPlanName=name), [UNKNOWN] * 4
            if answer:
                s = answer["RestoreTestingPlan"]["RecoveryPointSelection"]
                cells = [joined(s.get("IncludeVaults", [])), joined(s.get("ExcludeVaults", [])), s.get("Algorithm", ""),
                         s.get("SelectionWindowDays", "")]
            try:
                selections = self.place.pages("backup", "list_restore_testing_selections", "RestoreTestingSelections",
                                              RestoreTestingPlanName=name, size=1000)
            except self.refused:
                selections = None
            for s in selections or []:
                self.restore_selection(arn, name, s)
            self.add("restore-testing-plans", arn, name, *cells, p["ScheduleExpression"],
                     self.when(p.get("LastExecutionTime")), UNKNOWN if selections is None else len(selections))

    def restore_selection(self, plan_arn, plan, s):
        name, cells = s["RestoreTestingSelectionName"], [UNKNOWN] * 2
        answer = self.detail("backup", "get_restore_testing_selection", RestoreTestingPlanName=plan,
                             RestoreTestingSelectionName=name)
        if answer:
            full = answer["RestoreTestingSelection"]
            conditions = full.get("ProtectedResourceConditions")
            cells = [joined(full.get("ProtectedResourceArns", [])),
                     json.dumps(conditions, separators=(",", ":"), ensure_ascii=False) if conditions else ""]
        self.add("restore-testing-selections", "keyfall:restore-testing-selection/%s/%s" % (plan_arn, name), name,
                 plan_arn, s["ProtectedResourceType"], *cells, s["IamRoleArn"])

    def legal_holds(self):
        """The ids of those in force, by the ARN of each vault that they name; None: not all could be read."""
        by_vault, vault = {}, "arn:aws:backup:%s:%s:backup-vault:%%s" % (self.place.region, self.place.account)
        try:
            holds = self.place.pages("backup", "list_legal_holds", "LegalHolds", size=1000)
        except self.refused:
            return None
        for h in holds:
            answer, cells = self.detail("backup", "get_legal_hold", LegalHoldId=h["LegalHoldId"]), [UNKNOWN] * 4
            if answer:
                s = answer.get("RecoveryPointSelection", {})
                names = [vault % n for n in s.get("VaultNames", [])]
                span = s.get("DateRange", {})
                cells = [joined(names), joined(s.get("ResourceIdentifiers", [])), self.when(span.get("FromDate")),
                         self.when(span.get("ToDate"))]
                for n in names if h["Status"] in ("ACTIVE", "CREATING") else []:
                    by_vault.setdefault(n, []).append(h["LegalHoldId"])
            self.add("legal-holds", h["LegalHoldArn"], h["Title"], h["Status"], *cells, self.when(h["CreationDate"]),
                     self.when(h.get("CancellationDate")))
        return by_vault

    def jobs(self):
        for operation, key, args, word, ident, resource in (
                ("list_backup_jobs", "BackupJobs", {"ByState": "FAILED"}, "backup", "BackupJobId", "ResourceArn"),
                ("list_restore_jobs", "RestoreJobs", {"ByStatus": "FAILED"}, "restore", "RestoreJobId",
                 "SourceResourceArn")):
            for j in self.asked("backup", operation, key, size=1000, **args):
                if KEY_WORDS.search(j.get("StatusMessage", "")):
                    named = re.findall(r"arn:[\w-]+:kms:[\w:-]*:key/[\w-]+", j["StatusMessage"])
                    self.add("failed-jobs", "keyfall:failed-job/%s/%s/%s" % (
                        self.place.account, self.place.region, j[ident]), j[ident], word, self.when(j["CreationDate"]),
                        j["StatusMessage"], j.get(resource, ""), j.get("ResourceType", ""), j.get("BackupVaultArn", ""),
                        named[0] if named else j.get("EncryptionKeyArn", ""))

    def all(self):
        self.images()
        self.lifecycles()
        self.event_rules()
        self.restore_tests()
        self.jobs()
