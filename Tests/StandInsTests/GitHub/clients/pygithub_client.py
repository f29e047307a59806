"""PyGithub against the stand-in; prints `ok` at its end."""

import json
import sys

from github import Auth, Github, GithubException, GithubIntegration, InputGitTreeElement

place = json.loads(sys.argv[1])


def client(token):
    return Github(base_url=place["url"], auth=Auth.Token(token), seconds_between_requests=0, seconds_between_writes=0,
                  retry=None)


def refused(status, words, work):
    try:
        work()
    except GithubException as error:
        assert error.status == status, error
        assert words in json.dumps(error.data), error
    else:
        raise AssertionError(f"not refused: {words}")


alice = client(place["alice"])
bob = client(place["bob"])

assert alice.get_user().login == "alice"
assert sorted(r.full_name for r in alice.get_user().get_repos()) == ["octo/site"]
repo = alice.get_repo("octo/site")
assert repo.default_branch == "main" and repo.permissions.push and not repo.permissions.admin
assert len(list(repo.get_branches())) == 41  # two pages
refused(404, "Not Found", lambda: alice.get_repo("octo/none"))
refused(401, "Bad credentials", lambda: client("ghp_none").get_user().login)

# A commit of two files by the Git data endpoints.
head = repo.get_branch("main").commit
ref = repo.create_git_ref("refs/heads/topic", head.sha)
refused(422, "Reference already exists", lambda: repo.create_git_ref("refs/heads/topic", head.sha))
blob = repo.create_git_blob("/w==", "base64")
tree = repo.create_git_tree(
    [
        InputGitTreeElement("docs/one.md", "100644", "blob", content="one\n"),
        InputGitTreeElement("docs/two.md", "100644", "blob", content="two\n"),
        InputGitTreeElement("run.sh", "100755", "blob", content="#!/bin/sh\n"),
        InputGitTreeElement("x.bin", "100644", "blob", sha=blob.sha),
    ],
    repo.get_git_tree(head.sha),
)
commit = repo.create_git_commit("Add files", tree, [repo.get_git_commit(head.sha)])
ref.edit(commit.sha)
assert repo.get_commit("topic").sha == commit.sha
assert [f.filename for f in repo.get_commit(commit.sha).files] == ["docs/one.md", "docs/two.md", "run.sh", "x.bin"]
other = repo.create_git_commit("Other", tree, [repo.get_git_commit(head.sha)])
refused(422, "Update is not a fast forward", lambda: ref.edit(other.sha))

# Contents
assert repo.get_contents("docs/two.md", ref="topic").decoded_content == b"two\n"
assert sorted(c.path for c in repo.get_contents("docs", ref="topic")) == ["docs/one.md", "docs/two.md"]
assert [c.commit.message for c in repo.get_commits(sha="topic")] == ["Add files", "Initial commit"]
comparison = repo.compare("main", "topic")
assert (comparison.status, comparison.ahead_by, comparison.behind_by) == ("ahead", 1, 0)

# Pull request, comments, reviews
refused(422, "No commits between", lambda: repo.create_pull(title="T", body="B", base="main", head="main"))
pull = repo.create_pull(title="A title", body="A body", base="main", head="topic", draft=False)
refused(422, "A pull request already exists for octo:topic.",
        lambda: repo.create_pull(title="T", body="B", base="main", head="topic"))
assert repo.get_pull(pull.number).mergeable is True
assert sorted(f.filename for f in pull.get_files()) == ["docs/one.md", "docs/two.md", "run.sh", "x.bin"]
assert [p.number for p in repo.get_pulls(state="open", head="octo:topic", base="main")] == [pull.number]
pull.create_issue_comment("A comment")
pull.edit(title="A better title")
assert [c.body for c in pull.get_issue_comments()] == ["A comment"]
refused(422, "Can not approve your own pull request", lambda: pull.create_review(body="Good", event="APPROVE"))
theirs = bob.get_repo("octo/site").get_pull(pull.number)
refused(422, "line must be part of the diff",
        lambda: theirs.create_review(event="COMMENT", comments=[{"path": "docs/one.md", "line": 9, "body": "No"}]))
review = theirs.create_review(body="Please change", event="REQUEST_CHANGES",
                              comments=[{"path": "docs/one.md", "line": 1, "body": "Why?"}])
assert review.state == "CHANGES_REQUESTED"
line = list(pull.get_review_comments())[0]
assert (line.path, line.line, line.body) == ("docs/one.md", 1, "Why?")
answer = pull.create_review_comment_reply(line.id, "Because")
assert answer.in_reply_to_id == line.id

# Statuses and checks
assert repo.get_commit(pull.head.sha).get_combined_status().state == "pending"
assert [c.conclusion for c in repo.get_commit(pull.head.sha).get_check_runs()] == []

# A hook
owner = client(place["octo"]).get_repo("octo/site")
refused(404, "Not Found", lambda: repo.create_hook("web", {"url": "http://127.0.0.1:9/"}, ["push"]))
hook = owner.create_hook("web", {"url": "http://127.0.0.1:9/", "content_type": "json", "secret": "s"}, ["push"])
assert hook.active and hook.config["secret"] == "********"
hook.delete()

# A GitHub App
integration = GithubIntegration(
    base_url=place["url"], auth=Auth.AppAuth(place["app"], place["key"]), seconds_between_requests=0,
    seconds_between_writes=0)
installation = integration.get_repo_installation("octo", "site")
token = integration.get_access_token(installation.id)
assert token.token.startswith("ghs_")
assert client(token.token).get_repo("octo/site").get_git_commit(commit.sha).message == "Add files"
print("ok")
