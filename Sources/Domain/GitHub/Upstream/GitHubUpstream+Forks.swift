internal import Chat
internal import Git
internal import JSON
internal import Lifecycle
internal import Repositories

// Where an account may not push to the repository, its branches are in a fork of its own. The mirror has them like the
// repository's; a branch that was put into a fork is read from there as long as the fork has it.
extension GitHubUpstream {
    /// The longest interval between checks of a fork that GitHub is still copying, in milliseconds.
    private static let longestPause: Int64 = 15_000
    private static let looks = 20

    func fetchWithForks(into mirror: GitRepository) async throws {
        let forks = GitHubForks(mirror: mirror.path)
        for (fork, entries) in Dictionary(grouping: forks.all, by: \.value) {
            let branches = entries.map(\.key)
            do {
                try await self.remote(fork).fetch(into: mirror, only: Set(branches))
            } catch let error as GitError where Self.isClosed(error) {
                // The fork was deleted, or made private: its known branches stay.
                continue
            }
            for branch in branches where try await mirror.tip(of: branch) == nil { try forks.set(branch, nil) }
        }
        try await self.remote(self.repository).fetch(into: mirror, only: nil, except: Set(forks.all.keys))
    }

    func publishWithForks(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID {
        let forks = GitHubForks(mirror: mirror.path)
        var here = publication
        if let fork = forks.fork(of: publication.branch) {
            do {
                return try await self.remote(fork).publish(publication, from: mirror)
            } catch let error as GitError where Self.isClosed(error) {
                // The fork belongs to someone else, or was deleted: the branch starts again where this account may
                // push.
                here = publication.expecting(nil)
            }
        }
        do {
            let id = try await self.publishHere(here, from: mirror)
            try forks.set(publication.branch, nil)
            return id
        } catch let error as GitError where error.code == .forbidden {
            return try await self.publish(publication, toForkAfter: error, from: mirror)
        }
    }

    /// Puts commits on a branch of the account's fork, which is made if it is missing.
    ///
    /// - Parameter refusal: Why the repository did not accept them.
    private func publish(
        _ publication: Publication, toForkAfter refusal: GitError, from mirror: GitRepository
    ) async throws -> GitObjectID {
        let source = try await self.client.repository(self.repository)
        guard source.canPush == false, !source.isArchived else { throw refusal }
        guard publication.branch != source.defaultBranch, publication.branch != self.base else {
            throw GitError(
                .forbidden,
                "the account may not push to \(self.repository), whose branch \(publication.branch) it can change by pull "
                    + "requests only: begin a feature, or give the account write access")
        }
        await RemoteWork.current.say?(
            "The account may not push to \(self.repository), so the branch goes to its fork.")
        let fork = try await self.client.fork(self.repository, isWhole: false).name
        let server = try await self.ready(fork)
        let there = server.branches[publication.branch]
        if let there, there != publication.commit {
            guard publication.expected != nil else {
                throw GitError(
                    .exists, "the branch \(publication.branch) already exists in the fork \(fork): choose another name")
            }
            guard try await mirror.hasAll([there]), try await mirror.isAncestor(there, of: publication.commit) else {
                throw GitError(
                    .rejected,
                    "the branch \(publication.branch) of the fork \(fork) has other commits: rename or delete it there")
            }
        }
        // Before the push, so that its result is found if the answer is lost.
        try GitHubForks(mirror: mirror.path).set(publication.branch, fork)
        return try await self.remote(fork).publish(publication.expecting(there), from: mirror)
    }

    /// Waits until GitHub has copied a new fork, and returns its branches.
    private func ready(_ fork: GitHubRepositoryName) async throws -> GitServerBranches {
        var pause: Int64 = 250
        for _ in 0..<Self.looks {
            do {
                let server = try await self.remote(fork).list()
                if server.defaultBranch != nil { return server }
            } catch let error as GitError where Self.isClosed(error) {
                // Until then GitHub says that it does not exist.
            }
            try await self.client.clock.sleep(milliseconds: pause)
            pause = min(pause * 2, Self.longestPause)
        }
        throw GitError(.unreachable, "GitHub is still copying the fork \(fork): try again in a few minutes")
    }

    private static func isClosed(_ error: GitError) -> Bool {
        [.notFound, .forbidden, .unauthorised].contains(error.code)
    }
}

/// The branches of a repository that are in forks of it, because the account that made them may not push to the
/// repository itself.
///
/// They are in a file next to the mirror, which outlives it. Reading looks at the file, so that every part of the program
/// sees the same; only the mirror's own work writes it, one step at a time.
package struct GitHubForks: Sendable, Hashable {
    private let path: String

    /// - Parameter mirror: The path of the mirror.
    package init(mirror: String) {
        self.path = "\(mirror).forks"
    }

    /// The fork that has a branch; nil where it is in the repository itself.
    package func fork(of branch: String) -> GitHubRepositoryName? { self.all[branch] }

    /// By branch.
    package var all: [String: GitHubRepositoryName] {
        guard let bytes = PrivateFile.read(self.path)?.bytes, let json = try? JSON.parse(bytes),
            let members = json.objectValue
        else { return [:] }
        return members.reduce(into: [:]) { all, member in
            all[member.key] = member.value.stringValue.flatMap { GitHubRepositoryName($0) }
        }
    }

    /// Records where a branch is; nil for the repository itself. Throws `SystemError`.
    package func set(_ branch: String, _ fork: GitHubRepositoryName?) throws {
        var all = self.all
        guard all[branch] != fork else { return }
        all[branch] = fork
        let json = JSON.object(JSONObject(dictionary: all.mapValues { .string($0.description) }))
        try PrivateFile.write(json.bytes, to: self.path)
    }
}
