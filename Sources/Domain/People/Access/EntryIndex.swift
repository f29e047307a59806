internal import Chat

/// Finds the entries that match an identity without comparing it with each.
struct EntryIndex: Sendable {
    private let entries: [String]
    private var exact: [ExactText: [Int]] = [:]
    /// Without the case of ASCII letters: no kind of comparison matches entries that differ otherwise.
    private var numbers: [ExactText: [Int]] = [:]
    /// Those with wildcards, which only a mask follows.
    private var patterns: [Int] = []

    init(_ entries: [String]) {
        self.entries = entries
        for (number, entry) in entries.enumerated() {
            self.exact[ExactText(entry), default: []].append(number)
            self.numbers[Self.key(entry), default: []].append(number)
            if entry.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) {
                self.patterns.append(number)
            }
        }
    }

    /// The places of the entries that match, in their order.
    func entries(for identity: Identity) -> [Int] {
        if identity.comparison == .exact { return self.exact[ExactText(identity.value)] ?? [] }
        let equal = self.numbers[Self.key(identity.value)] ?? []
        guard identity.comparison == .mask, !self.patterns.isEmpty else { return equal }
        let matching = self.patterns.filter { AccessPolicy.matches(self.entries[$0], identity) }
        return equal.isEmpty ? matching : Set(equal + matching).sorted()
    }

    private static func key(_ text: String) -> ExactText {
        ExactText(String(decoding: Glob.fold(Array(text.utf8)), as: UTF8.self))
    }
}
