internal import Git
internal import Primitives

/// Tells a thread now and then how far a long transfer is.
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
        // The transfer's thread must not wait for a network.
        // It is of its own, because the transfer may end before it.
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
