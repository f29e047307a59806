package import Git

/// Any Git server, over HTTPS or SSH.
package struct RemoteUpstream: Upstream {
    private let name: String
    private let remote: @Sendable (RemoteWork) throws -> GitRemote

    /// - Parameters:
    ///   - name: The repository's name in texts.
    ///   - remote: The server's repository, with the sign-in that fits the work.
    package init(name: String, remote: @escaping @Sendable (RemoteWork) throws -> GitRemote) {
        self.name = name
        self.remote = remote
    }

    package func fetch(into mirror: GitRepository) async throws {
        try await self.fetch(into: mirror, only: nil)
    }

    /// - Parameters:
    ///   - only: Only these branches; nil: all.
    ///   - except: Branches that stay as they are.
    package func fetch(into mirror: GitRepository, only: Set<String>?, except: Set<String> = []) async throws {
        let work = RemoteWork.current
        let report = TransferReport("Fetching \(self.name)", work.say)
        _ = try await self.remote(work).fetch(into: mirror, only: only, except: except) { report.note($0) }
    }

    /// The branches that the server has now.
    package func list() async throws -> GitServerBranches {
        try await self.remote(RemoteWork.current).list()
    }

    package func publish(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID {
        let work = RemoteWork.current
        let report = TransferReport("Pushing to \(self.name)", work.say)
        try await self.remote(work).push(
            GitRepository.privatePrefix + publication.reference, to: publication.branch,
            expecting: publication.expected, from: mirror
        ) { report.note($0) }
        return publication.commit
    }
}
