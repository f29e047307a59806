internal import Glibc
internal import Lifecycle
internal import Primitives

/// Gives every live jail a user of its own, when the host runs as root: the kernel ignores root's process limit, and
/// jails of one user could reach each other's files if a mount were wrong.
package final class JailIdentities: Sendable {
    private let range: Range<UInt32>?
    private let state = Protected((taken: Set<UInt32>(), next: UInt32(0)))

    /// Chooses the range; nil gives no identities, for a host that runs as an ordinary user.
    ///
    /// - Parameter first: The first number of the range; nil for a default. Fails if these numbers cannot be used.
    package static func make(first: UInt32? = nil) throws(JailFailure) -> JailIdentities {
        guard geteuid() == 0 else { return JailIdentities(nil) }
        return JailIdentities(try IdentityRange.choose(first: first, .current()))
    }

    init(_ range: Range<UInt32>?) {
        self.range = range
        // Beginning anywhere, so that two hosts of one machine rarely meet.
        self.state.withLock { $0.next = range.map { .random(in: $0) } ?? 0 }
    }

    /// Takes a free identity; nil for a host that runs as an ordinary user.
    ///
    /// - Parameter preferred: The user that owns the files already, so that their owner need not change. Taken if it is
    ///   in the range and free.
    package func take(preferring preferred: UInt32? = nil) throws(JailFailure) -> JailIdentity? {
        guard let range = self.range else { return nil }
        let number = self.state.withLock { state -> UInt32? in
            func isFree(_ number: UInt32) -> Bool { !state.taken.contains(number) && !Self.hasProcesses(number) }
            // In turn, so that a number is given again as late as possible.
            let others = [state.next..<range.upperBound, range.lowerBound..<state.next].joined()
            let isPreferred = preferred.map { range.contains($0) && isFree($0) } ?? false
            let number = isPreferred ? preferred : others.first(where: isFree)
            guard let number else { return nil }
            state.taken.insert(number)
            if !isPreferred { state.next = number + 1 < range.upperBound ? number + 1 : range.lowerBound }
            return number
        }
        guard let number, let identity = JailIdentity(user: number, group: number) else {
            throw JailFailure("all \(range.count) users for jails are in use; end a session's jail first")
        }
        return identity
    }

    /// Whether the user has processes, perhaps another host's, or some that have not quite ended.
    private static func hasProcesses(_ user: UInt32) -> Bool {
        errno = 0
        return getpriority(__priority_which_t(PRIO_USER.rawValue), user) != -1 || errno != ESRCH
    }

    /// Gives an identity back, once no process has it any more.
    package func release(_ identity: JailIdentity) {
        self.state.withLock { _ = $0.taken.remove(identity.user) }
    }
}
