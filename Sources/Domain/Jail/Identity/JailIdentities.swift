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
        // Starts at a random number, so that two hosts on one machine rarely collide.
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
            // Round robin, so that a number is reused as late as possible.
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

    /// Whether the user has processes: another host's, or some that are still ending.
    private static func hasProcesses(_ user: UInt32) -> Bool {
        errno = 0
        return getpriority(__priority_which_t(PRIO_USER.rawValue), user) != -1 || errno != ESRCH
    }

    /// Returns an identity when no process uses it any more.
    package func release(_ identity: JailIdentity) {
        self.state.withLock { _ = $0.taken.remove(identity.user) }
    }
}

/// The user outside of the jail that its processes run as, when the host runs as root. Nil where a plan takes one
/// means the host's own user.
package struct JailIdentity: Sendable, Hashable {
    package let user: UInt32
    package let group: UInt32

    /// Nil for root, which no jail's process may be.
    package init?(user: UInt32, group: UInt32) {
        guard user != 0, group != 0 else { return nil }
        self.user = user
        self.group = group
    }
}

/// Chooses user ids that are unused on the machine.
enum IdentityRange {
    /// The ids that the machine already uses.
    struct Machine: Sendable {
        /// The text of `/etc/passwd` and `/etc/group`.
        var accounts = ""
        /// The text of `/etc/subuid` and `/etc/subgid`.
        var delegations = ""
        /// The text of `/proc/self/uid_map`.
        var mapping = "0 0 4294967295"

        static func current() -> Machine {
            func text(_ paths: String...) -> String {
                paths.map { PrivateFile.text(of: $0) ?? "" }.joined(separator: "\n")
            }
            return Machine(
                accounts: text("/etc/passwd", "/etc/group"), delegations: text("/etc/subuid", "/etc/subgid"),
                mapping: text("/proc/self/uid_map"))
        }
    }

    /// Between systemd's container range, which ends at 1,879,048,191, and its foreign range from 2,147,352,576, nobody
    /// assigns numbers (systemd's UIDS-GIDS.md); `useradd` and its delegations stay below 600,200,001 (login.defs).
    private static let standard: Range<UInt32> = 2_000_000_000..<2_000_010_000
    /// A container often maps 65,536 numbers only; Debian reserves these (Debian policy, 9.2.2).
    private static let small: Range<UInt32> = 65_000..<65_534

    static func choose(first: UInt32?, _ machine: Machine) throws(JailFailure) -> Range<UInt32> {
        if let first {
            guard first > 0, first < 4_294_957_295 else {
                throw JailFailure("jail.first_uid: \(first) cannot be the first of 10000 users; use 2000000000")
            }
            let range = first..<first + 10_000
            if let problem = self.problem(range, machine) {
                throw JailFailure("jail.first_uid: \(problem); choose another number")
            }
            return range
        }
        let problem = self.problem(self.standard, machine)
        guard let problem else { return self.standard }
        if self.problem(self.small, machine) == nil { return self.small }
        throw JailFailure("no users for jails: \(problem); set jail.first_uid to the first of 10000 free numbers")
    }

    /// Nil if the whole range can be used.
    static func problem(_ range: Range<UInt32>, _ machine: Machine) -> String? {
        let text = "users \(range.lowerBound) to \(range.upperBound - 1)"
        let isMapped = self.rows(machine.mapping, separator: " ").contains { row in
            guard row.count == 3, let start = UInt64(row[0]), let count = UInt64(row[2]) else { return false }
            return start <= UInt64(range.lowerBound) && UInt64(range.upperBound) <= start + count
        }
        if !isMapped { return "\(text) do not exist in this user namespace" }
        for row in self.rows(machine.accounts, separator: ":") {
            if row.count > 2, let number = UInt32(row[2]), range.contains(number) {
                return "\(text) include \(row[0]), which has \(number)"
            }
        }
        for row in self.rows(machine.delegations, separator: ":") {
            guard row.count == 3, let start = UInt64(row[1]), let count = UInt64(row[2]) else { continue }
            if start < UInt64(range.upperBound), UInt64(range.lowerBound) < start + count {
                return "\(text) include some that are delegated to \(row[0])"
            }
        }
        return nil
    }

    private static func rows(_ text: String, separator: Character) -> [[Substring]] {
        text.split(separator: "\n").map { line in
            line.split(separator: separator, omittingEmptySubsequences: separator == " ")
        }
    }
}
