import Git
import HTTP
import Primitives
import TestSupport

/// A served bare repository with a work tree beside it, and a mirror.
struct RemoteFixture {
    let folder: TemporaryDirectory
    let git: RealGit
    let server: LoopbackGitServer
    let mirror: GitRepository

    init(authorise: @escaping GitHTTPBackend.Authorise = { _, _, _, _ in nil }) async throws {
        self.folder = try TemporaryDirectory()
        self.git = RealGit(self.folder.path)
        self.server = try await LoopbackGitServer.started(root: self.folder.path + "/served", authorise: authorise)
        self.mirror = GitRepository(path: self.folder.path + "/mirrors/name.git")
        // Random bytes can't be compressed; trying takes seconds.
        try self.git.shell(
            """
            git init -q --bare served/owner/name.git && git clone -q served/owner/name.git work 2>/dev/null && \
            printf '[core]\n compression = 0\n[pack]\n compression = 0\n[receive]\n unpackLimit = 1\n' | \
            tee -a served/owner/name.git/config >> work/.git/config
            """)
        try await self.mirror.createMirror()
    }

    /// Commits files to a branch and pushes it to the served repository's folder.
    @discardableResult
    func commit(_ name: String = "a", _ text: String = "text", branch: String = "main") throws -> String {
        try self.git.shell(
            "cd work && (git switch -q '\(branch)' 2>/dev/null || git switch -qc '\(branch)') && mkdir -p \"$(dirname '\(name)')\" "
                + "&& printf %s '\(text)' > '\(name)' && git add . && git commit --allow-empty -qm '\(name)' && git push -q origin '\(branch)'"
        )
        return try self.served(branch)
    }

    func served(_ branch: String) throws -> String {
        try self.git("-C served/owner/name.git rev-parse 'refs/heads/\(branch)'")
    }

    func mirrored(_ name: String) throws -> String { try self.git("-C mirrors/name.git rev-parse '\(name)'") }

    /// All branches of a repository, as `git` lists them.
    func branches(_ path: String) throws -> String {
        try self.git("-C \(path) for-each-ref --format='%(refname) %(objectname)' refs/heads")
    }

    /// Whether the mirror is whole and has exactly the server's branches.
    func isSame() throws -> Bool {
        try self.git("-C mirrors/name.git fsck --strict --full --no-dangling")
        return try self.branches("mirrors/name.git") == self.branches("served/owner/name.git")
    }

    func remote(
        _ path: String = "owner/name.git", access: GitRemoteAccess = .none, http: (any GitHTTP)? = nil
    ) throws -> GitRemote {
        GitRemote(url: try GitRemoteURL("\(self.server.url)/\(path)"), access: access, http: http)
    }

    /// Puts a commit that is not on the server at a private reference.
    func outgoing(_ key: String = "one", onto branch: String = "main", file: String = "new") throws -> GitObjectID {
        try self.git.shell(
            "cd work && git switch -q --detach 'origin/\(branch)' && echo \(key) > '\(file)' && git add . && "
                + "git commit -qm 'by \(key)' && git push -q ../mirrors/name.git HEAD:refs/jetbridge/outgoing/\(key)")
        return try self.id(self.git("-C work rev-parse HEAD"))
    }

    func id(_ hex: String) throws -> GitObjectID {
        guard let id = GitObjectID(hex) else { throw GitError(.failed, "\(hex) is not an id") }
        return id
    }

    func hook(_ name: String, _ script: String) throws {
        try self.git.shell(
            "printf '%s\\n' '#!/bin/sh' '\(script)' > served/owner/name.git/hooks/\(name) && chmod +x served/owner/name.git/hooks/\(name)"
        )
    }
}
