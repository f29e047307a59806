/// The settings and hooks of the bare repositories.
enum GitHubGitFiles {
    /// Prepares the repository in the working directory.
    static let setup = #"""
        git config gc.auto 0
        git config receive.autogc false
        git config receive.fsckObjects true
        git config http.receivepack true
        git config uploadpack.allowFilter true
        git config uploadpack.allowAnySHA1InWant true
        git config transfer.hideRefs refs/standin
        git config --add receive.hideRefs refs/pull
        mkdir -p standin
        rm -f hooks/*
        cat > hooks/pre-receive <<'HOOK'
        \#(preReceive)
        HOOK
        cat > hooks/post-receive <<'HOOK'
        \#(postReceive)
        HOOK
        chmod 755 hooks/pre-receive hooks/post-receive

        """#

    /// GitHub's refusals of pushes. `standin/` has the rules, a name or pattern on each line.
    private static let preReceive = #"""
        #!/bin/sh
        secrets='gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}|AKIA[0-9A-Z]{16}'
        refused=0
        while read -r old new ref; do
            if grep -qxF "$ref" standin/protected; then
                echo "error: GH006: Protected branch update failed for $ref." >&2
                echo "error: Changes must be made through a pull request." >&2
                refused=1
            fi
            case $new in *[!0]*) ;; *) continue ;; esac
            if [ -e standin/secrets ] && git log -p --no-color --format= "$new" --not --all | grep '^+' | grep -qE "$secrets"
            then
                echo "error: GH013: Repository rule violations found for $ref." >&2
                echo "- GITHUB PUSH PROTECTION" >&2
                echo "    Resolve the following violations before pushing again" >&2
                echo "    - Push cannot contain secrets" >&2
                git log -p --no-color --format='COMMIT %H' "$new" --not --all | awk '
                    /^COMMIT / { commit = $2 }
                    /^\+\+\+ b\// { path = substr($0, 7) }
                    /^\+.*(gh[pousr]_|github_pat_|AKIA)[A-Za-z0-9_]+/ {
                        print "      -- GitHub Access Token ----\n       locations:\n         - commit: " commit "\n           path: " path }
                ' >&2
                refused=1
            fi
            if [ "$STANDIN_WORKFLOW" = no ] && git diff-tree -r -m --root --name-only --no-commit-id $(git rev-list "$new" --not --all) 2>/dev/null | grep -q '^\.github/workflows/'
            then
                echo "refusing to allow a Personal Access Token to create or update workflow without \`workflow\` scope" >&2
                refused=1
            fi
        done
        exit $refused
        """#

    /// Notes what was accepted, in one write.
    private static let postReceive = #"""
        #!/bin/sh
        lines=$(while read -r old new ref; do echo "$old $new $ref ${STANDIN_LOGIN:-$REMOTE_USER}"; done)
        printf '%s\n' "$lines" >> standin/pushed
        """#
}
