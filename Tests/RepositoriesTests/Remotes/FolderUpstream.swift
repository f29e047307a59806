import Git
import Primitives
import Repositories
import TestSupport

/// A server without a network: another repository on this machine. Like GitHub it makes commits of documents anew, so
/// that they have other hashes than the ones it was given.
final class FolderUpstream: Upstream {
    /// What happens to a publication.
    enum Fault: Sendable {
        /// The server is not reached.
        case unreachable
        /// The server does its work, and the answer is lost.
        case lostAnswer
        case refused
    }

    let server: GitRepository
    /// While it is closed, the server does not answer.
    let gate = Gate(isOpen: true)
    private let faults = Protected<[Fault]>([])
    private let counts = Protected((fetches: 0, publications: 0))
    private let offline = Protected(false)

    init(server: GitRepository) {
        self.server = server
    }

    var fetches: Int { self.counts.withLock { $0.fetches } }
    var publications: Int { self.counts.withLock { $0.publications } }
    var isOffline: Bool {
        get { self.offline.withLock { $0 } }
        set { self.offline.withLock { $0 = newValue } }
    }

    func inject(_ faults: Fault...) { self.faults.withLock { $0 += faults } }

    func fetch(into mirror: GitRepository) async throws {
        self.counts.withLock { $0.fetches += 1 }
        await self.gate.pass()
        if self.isOffline { throw Self.unreachable }
        try await mirror.createStore(sharing: self.server.objectsFolder())
        let theirs = try await self.server.branches().filter { !$0.isRemote }
        for branch in theirs { try await mirror.setBranch(branch.name, to: branch.id) }
        for branch in try await mirror.branches() where !theirs.contains(where: { $0.name == branch.name }) {
            try await mirror.setBranch(branch.name, to: nil)
        }
    }

    func publish(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID {
        self.counts.withLock { $0.publications += 1 }
        if self.isOffline { throw Self.unreachable }
        let fault = self.faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        switch fault {
        case .unreachable: throw Self.unreachable
        case .refused: throw GitError(.failed, "the server refuses the commit (protected branch): open a pull request")
        case .lostAnswer, nil: break
        }
        let commit = try await mirror.commit(publication.commit)
        let committer = GitSignature(name: "Server", mail: "server@example.org", seconds: 1_700_000_001)
        let id = try await self.server.commit(
            tree: mirror.tree(of: publication.commit), from: mirror.path, onto: commit.parents[0],
            branch: publication.branch, expected: publication.expected, author: commit.author,
            committer: publication.isDocuments ? committer : commit.committer, message: commit.message, trailers: [])
        if fault != nil { throw Self.unreachable }
        return id
    }

    private static let unreachable = GitError(.failed, "the server does not answer: try again later")
}
