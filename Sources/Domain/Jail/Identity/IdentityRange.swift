internal import Lifecycle

/// Chooses numbers of users that nobody else on the machine has.
enum IdentityRange {
    /// What the machine already uses.
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
