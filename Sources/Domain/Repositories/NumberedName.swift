/// The name of a feature's folder and branch: `007-login-page`.
package struct NumberedName: Sendable, Hashable, CustomStringConvertible {
    package let number: Int
    /// Lower-case words, joined by dashes.
    package let shortName: String

    /// Cuts a branch name to 244 bytes, after a word where possible: GitHub's limit for a reference, minus
    /// `refs/heads/`.
    package init(number: Int, shortName: String) {
        self.number = number
        let room = 244 - Self.digits(number).utf8.count - 1
        if shortName.utf8.count > room {
            // The name is ASCII; see `ShortName`.
            let cut = shortName.prefix(room)
            self.shortName = String(cut.lastIndex(of: "-").map { cut[..<$0] } ?? cut)
        } else {
            self.shortName = shortName
        }
    }

    /// Three digits or more.
    package static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 3 - text.utf8.count)) + text
    }

    package var digits: String { Self.digits(self.number) }
    package var description: String { "\(self.digits)-\(self.shortName)" }

    /// The decimal number at the start of a folder or branch name; nil for a name without one.
    ///
    /// Only the last path component counts (`origin/007-x`, `feature/007-x`). Seven or more digits are a date.
    package static func number(of name: String) -> Int? {
        // By bytes: a name in a repository may be one long run of marks.
        let last = name.utf8.split(separator: UInt8(ascii: "/")).last ?? ""[...].utf8
        let digits = last.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard 3...6 ~= digits.count, last.dropFirst(digits.count).first == UInt8(ascii: "-") else { return nil }
        return Int(String(Substring(digits)))
    }
}

/// A reserved number for a feature.
package struct Reservation: Sendable, Hashable {
    /// Distinguishes a freed reservation from a later one with the same number.
    struct Ticket: Sendable, Hashable {
        let number: Int
    }

    package let name: NumberedName
    let ticket: Ticket
}
