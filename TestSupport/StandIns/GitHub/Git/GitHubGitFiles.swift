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

    /// GitHub's refusals of pushes. `standin/protected` has the protected references, one on each line.
    private static let preReceive = #"""
        #!/bin/sh
        refused=0
        while read -r old new ref; do
            if grep -qxF "$ref" standin/protected; then
                echo "error: GH006: Protected branch update failed for $ref." >&2
                echo "error: Changes must be made through a pull request." >&2
                refused=1
            fi
            case $new in *[!0]*) ;; *) continue ;; esac
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
