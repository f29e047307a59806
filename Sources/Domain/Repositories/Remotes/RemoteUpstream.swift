package import Chat
package import Git
internal import Primitives

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
    ///   - only: The branches to fetch; nil for all.
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

/// Reports the progress of a long transfer to a thread now and then.
final class TransferReport: Sendable {
    /// A transfer that ends sooner is not mentioned.
    private static let patience = Duration.seconds(5)
    private static let pause = Duration.seconds(30)

    private let subject: String
    private let say: (@Sendable (String) async -> Void)?
    private let next: Protected<ContinuousClock.Instant>

    init(_ subject: String, _ say: (@Sendable (String) async -> Void)?) {
        self.subject = subject
        self.say = say
        self.next = Protected(ContinuousClock.now + Self.patience)
    }

    func note(_ progress: GitProgress) {
        guard let say = self.say else { return }
        let now = ContinuousClock.now
        let isDue = self.next.withLock { next in
            guard now >= next else { return false }
            next = now + Self.pause
            return true
        }
        guard isDue else { return }
        let text = Self.text(self.subject, progress)
        // The transfer's thread must not wait for a chat network. Unstructured: the transfer may end first.
        Task { await say(text) }
    }

    static func text(_ subject: String, _ progress: GitProgress) -> String {
        let megabytes = progress.bytes / 1_000_000
        if progress.totalDeltas > 0, progress.objects >= progress.totalObjects {
            return "\(subject): \(megabytes) MB received, unpacking "
                + "\(100 * progress.deltas / progress.totalDeltas) %…"
        }
        guard progress.totalObjects > 0 else { return "\(subject)…" }
        return "\(subject): \(100 * progress.objects / progress.totalObjects) % of "
            + "\(progress.totalObjects) objects, \(megabytes) MB…"
    }
}
