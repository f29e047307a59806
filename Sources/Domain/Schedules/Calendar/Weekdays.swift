internal import Primitives

/// Some days of the week.
package struct Weekdays: Sendable, Hashable {
    /// By days since Sunday.
    private var bits: UInt8

    package static let all = Weekdays(bits: 0x7F)
    package static let workdays = Weekdays(bits: 0x3E)
    package static let weekend = Weekdays(bits: 0x41)

    private init(bits: UInt8) { self.bits = bits }

    /// - Parameter day: Days since Sunday.
    init(_ day: Int) { self.bits = 1 << UInt8(day) }

    func contains(_ day: Int) -> Bool { self.bits >> UInt8(day) & 1 == 1 }

    mutating func formUnion(_ other: Weekdays) { self.bits |= other.bits }

    static let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    static let shortNames = names.map { String($0.prefix(3)) }

    /// Days since Sunday of `monday`, `Mon` or `mondays`; nil for another word.
    static func day(named word: String) -> Int? {
        let word = word.lowercased()
        return Self.names.firstIndex { name in
            word == name || word == name + "s" || (word.utf8.count >= 3 && word.utf8.count <= 5 && name.hasPrefix(word))
        }
    }

    /// As it is typed: `day`, `weekday`, `monday,friday`.
    var text: String {
        switch self {
        case .all: return "day"
        case .workdays: return "weekday"
        case .weekend: return "weekend"
        default:
            // A week begins on Monday.
            return (1...7).map { $0 % 7 }.filter(self.contains).map { Self.names[$0] }.joined(separator: ",")
        }
    }
}
