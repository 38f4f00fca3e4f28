#include "backend/cli/verb.h"

#include <string.h>

static const struct verb verbs[] = {
    {
        .name = "export",
        .usage = "--view V [--format csv|json] [--filter F] [--columns C,...] [-o FILE]",
        .what = "the rows of a view, as CSV or JSON",
        .more = "--view all -o FOLDER writes every view, and manifest.json with their SHA-256, the scope and the\n"
                "blind spots.\n"
                "A filter is words that a row must hold, and tests of columns: 'state=Disabled', "
                "'sev>=H',\n'deletion_date<7d', '!locked:true', 'name:\"two words\"', 'state:?' for "
                "what is unknown.\n",
        .bit = USED_BY_EXPORT,
        .by_guest = true,
        .check = export_verb_check,
        .run = export_verb_run,
    },
    {
        .name = "impact",
        .usage = "TARGET... | --all | --terraform-plan FILE [--fail-on SEVERITY] [--action A] [--format text|json|csv] [--max N] [-o FILE]",
        .what = "what falls if the targets go, together; or every key by what it would take down",
        .more = "A target is an ARN, an alias, a key id, the name of a vault, parameter, database or "
                "plan,\nan account id, a region, or an id that keyfall has shown. Several go together.\n\n"
                "A plan of Terraform's is judged before it is applied: keys, aliases, grants, vaults, parameters,\n"
                "databases and volumes that it destroys or moves, all together; and each new key policy: who loses\n"
                "or gains what, and which flows of services and products stop:\n"
                "  terraform plan -out p && terraform show -json p >p.json && keyfall impact --terraform-plan p.json\n"
                "What a plan leaves open is told and ends with 4: an action that is not known, a policy that is known\n"
                "later, changes that are deferred (judged as if they came), a plan that is not complete.\n",
        .operands = "TARGET",
        .bit = USED_BY_IMPACT,
        .by_guest = true,
        .check = impact_verb_check,
        .run = impact_verb_run,
    },
    {
        .name = "check",
        .usage = "[--fail-on SEVERITY] [--format text|json|sarif] [-o FILE] |\n"
                 "       --rules [--format text|json] [-o FILE]",
        .what = "what is wrong, counted by causes",
        .more = "Ends with 1 if something is as bad as --fail-on says. What could not be proved is told, and does\n"
                "not count; what could not be seen ends with 4.\n\n"
                "With --rules: what keyfall looks for, and what of the catalogue of findings it does not judge and\n"
                "why. No estate is read.\n",
        .bit = USED_BY_CHECK,
        .by_guest = true,
        .check = check_verb_check,
        .run = check_verb_run,
    },
    {
        .name = "access",
        .usage = "--key K [--principal P] [--action A] [--context K=V] [--policy-file F [--diff]] |\n"
                 "       --key K --flows | --key K --prevent | --batch",
        .what = "who may use a key, and by which statement",
        .more = "Without --principal: everybody who is known. Without --action: Decrypt, GenerateDataKey and\n"
                "CreateGrant. With --policy-file also what would be so with that policy at the key.\n\n"
                "With --flows: what everybody who is known may do with the key and because of which statement,\n"
                "which flows of AWS's services and of products work with it or at which call they fail, and who\n"
                "loses or gains what if a statement of its policy went away.\n"
                "With --prevent: a statement for its policy and a service control policy that stop its deletion, an\n"
                "EventBridge rule that warns, and what each would break. keyfall itself puts none of them.\n\n"
                "With --batch each line of standard input is a question by itself, each line of standard output its answer:\n"
                "  {\"id\":1, \"principal\":ARN, \"action\":\"kms:Decrypt\", \"resource\":KEY-ARN,\n"
                "   \"context\":{}, \"keyPolicy\":{}, \"identityPolicies\":[], \"permissionsBoundaries\":[],\n"
                "   \"sessionPolicies\":[], \"serviceControlPolicies\":[[]], \"resourceControlPolicies\":[[]],\n"
                "   \"vpcEndpointPolicies\":[], \"grants\":[], \"keyState\":\"Enabled\",\n"
                "   \"ownerIsManagementAccount\":false}\n"
                "A value of the context that is null is not known. Control policies come a list a level of\n"
                "the organization, root first. Identity policies that are left out are not known; the other\n"
                "kinds are none then.\n",
        .bit = USED_BY_ACCESS,
        .by_guest = true,
        .check = access_verb_check,
        .run = access_verb_run,
    },
    {
        .name = "diff",
        .usage = "OLD [NEW] [--format text|json|csv] [--max N] [-o FILE]",
        .what = "what changed from one posture to another, and what got worse",
        .more = "OLD is a file of keyfall snapshot, or the CSV of a view, the posture sheet's say, or a time that the\n"
                "dashboard of the same accounts remembers (2026-08-29T18:20:00Z); NEW is a file of keyfall snapshot:\n"
                "without it, what is read now. Told are rows that appeared, are gone or changed, column by\n"
                "column, findings that opened or closed, blind spots that came or went. What vanished behind a blind\n"
                "spot is not-seen, never gone.\n"
                "Ends with 1 if something got worse: a finding opened or worsened, a blind spot came, a row is not seen\n"
                "any more; else with 4 if not all could be seen.\n",
        .operands = "FILE",
        .are_places = true,
        .bit = USED_BY_DIFF,
        .check = diff_verb_check,
        .run = diff_verb_run,
    },
    {
        .name = "snapshot",
        .usage = "-o FILE",
        .what = "the estate as one file, to keep, compare and hand on",
        .more = "The first two lines of the file say who saw what when, and what was not seen. keyfall --posture FILE\n"
                "opens it, the dashboard and every verb alike, without AWS, network and credentials; what is due is\n"
                "judged as of the day it was taken, unless --now says otherwise.\n",
        .bit = USED_BY_SNAPSHOT,
        .by_guest = true,
        .check = snapshot_verb_check,
        .run = snapshot_verb_run,
    },
    {
        .name = "wizard",
        .usage = "[NAME [--set INPUT=VALUE]... [-o plan.json]]",
        .what = "a plan for a change that is easy to get wrong; nothing is changed",
        .more = "Without NAME: which wizards there are and what each asks for. The plan holds every call before one is\n"
                "sent: keyfall plan show plan.json shows it, keyfall apply plan.json runs it.\n",
        .operands = "NAME",
        .bit = USED_BY_WIZARD,
        .check = wizard_verb_check,
        .run = wizard_verb_run,
    },
    {
        .name = "plan",
        .usage = "show|cli FILE [-o FILE]",
        .what = "what a plan would do, for people or as commands of the AWS CLI",
        .more = "",
        .operands = "FILE",
        .bit = USED_BY_PLAN,
        .check = plan_verb_check,
        .run = plan_verb_run,
    },
    {
        .name = "apply",
        .usage = "FILE [--yes PHRASE]... [--resume]",
        .what = "run a plan: look again, ask for its phrase, do it, prove it, write it in the journal",
        .more = "A plan that was altered, or whose world has changed, is refused. What is done is written in the journal\n"
                "before and after each call ($XDG_STATE_HOME/keyfall/journal.jsonl, else below ~/.local/state), so that a\n"
                "run that ended early can be taken up again with --resume. A plan that is done changes nothing.\n"
                "Without a terminal each --yes answers one question: first the plan's phrase, then what a person does on\n"
                "the way. Ends with 1 where it stops before its end.\n",
        .operands = "FILE",
        .bit = USED_BY_APPLY,
        .check = apply_verb_check,
        .run = apply_verb_run,
    },
    {
        .name = "iam-policy",
        .usage = "--read [--org-role NAME] [-o FILE] | --wizard NAME [-o FILE]",
        .what = "the IAM policy with the least that keyfall needs",
        .more = "One managed policy for the roles and users that keyfall reads with, or that a wizard's plans run with.\n",
        .bit = USED_BY_IAM_POLICY,
        .by_guest = true,
        .check = iam_policy_verb_check,
        .run = iam_policy_verb_run,
    },
    {
        .name = "login",
        .usage = "[--profile P]...",
        .what = "log in to IAM Identity Center with a code that you confirm on a page",
        .more = "The login is kept where the AWS CLI and the SDKs keep theirs (~/.aws/sso/cache), so it\n"
                "serves them too, and `aws sso login` serves keyfall.\n",
        .bit = USED_BY_LOGIN,
        .check = login_verb_check,
        .run = login_verb_run,
    },
    {
        .name = "manual",
        .usage = "FILE [-o FILE]",
        .what = "the manual and the completions of shells, as files",
        .more = "keyfall.1, keyfall.conf.5, keyfall.bash, _keyfall (zsh) or keyfall.fish:\n"
                "  keyfall manual keyfall.1 | man -l -\n"
                "  source <(keyfall manual keyfall.bash)\n",
        .operands = "FILE",
        .bit = USED_BY_MANUAL,
        .check = manual_verb_check,
        .run = manual_verb_run,
    },
};

const struct verb *verb_at(size_t i)
{
    return i < sizeof verbs / sizeof *verbs ? &verbs[i] : NULL;
}

const struct verb *verb_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}
