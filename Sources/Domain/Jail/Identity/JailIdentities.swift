internal import Glibc
internal import Lifecycle
internal import Primitives

/// Gives every live jail a user of its own, when the host runs as root: the kernel ignores root's process limit, and
/// jails of one user could reach each other's files if a mount were wrong.
package final class JailIdentities: Sendable {
    private let range: Range<UInt32>?
    private let taken = Protected<Set<UInt32>>([])

    /// Chooses the range; nil gives no identities, for a host that runs as an ordinary user.
    ///
    /// - Parameter first: The first number of the range; nil for a default. Fails if these numbers cannot be used.
    package static func make(first: UInt32? = nil) throws(JailFailure) -> JailIdentities {
        guard geteuid() == 0 else { return JailIdentities(nil) }
        return JailIdentities(try IdentityRange.choose(first: first, .current()))
    }

    init(_ range: Range<UInt32>?) { self.range = range }

    /// Takes a free identity; nil for a host that runs as an ordinary user.
    ///
    /// - Parameter preferred: The user that owns the files already, so that their owner need not change. Taken if it is
    ///   in the range and free.
    package func take(preferring preferred: UInt32? = nil) throws(JailFailure) -> JailIdentity? {
        guard let range = self.range else { return nil }
        let number = self.taken.withLock { taken -> UInt32? in
            let candidates = [preferred].compactMap { $0 }.filter(range.contains)
            // Beginning anywhere, so that two hosts of one machine rarely meet.
            let start = UInt32.random(in: range)
            let number =
                candidates.first { !taken.contains($0) }
                ?? (start..<range.upperBound).first { !taken.contains($0) }
                ?? (range.lowerBound..<start).first { !taken.contains($0) }
            if let number { taken.insert(number) }
            return number
        }
        guard let number, let identity = JailIdentity(user: number, group: number) else {
            throw JailFailure("all \(range.count) users for jails are in use; end a session's jail first")
        }
        return identity
    }

    /// Gives an identity back, once no process has it any more.
    package func release(_ identity: JailIdentity) {
        self.taken.withLock { _ = $0.remove(identity.user) }
    }
}
