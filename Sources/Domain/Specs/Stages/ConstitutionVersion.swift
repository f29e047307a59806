internal import SpecDocuments

/// The last line of a constitution, by the rules of spec-kit: MAJOR when a principle is removed or redefined, MINOR when
/// one is added, PATCH for wording.
struct ConstitutionVersion {
    private let old: ConstitutionDocument?
    private let today: String

    /// - Parameter today: `2026-11-20`
    init(after old: ConstitutionDocument?, today: String) {
        self.old = old
        self.today = today
    }

    /// - Parameters:
    ///   - new: The text without its last line.
    ///   - proposal: The line that the model wrote. Only a model knows that a principle has another meaning now: it may
    ///     ask for a greater step than the titles show.
    func line(for new: String, proposal: String?) -> String {
        let proposed = proposal.flatMap { Self.numbers(in: $0) }
        guard let old, let version = old.version.flatMap({ Self.numbers(in: $0.value) }) else {
            return Self.line([1, 0, 0], ratified: self.today, amended: self.today)
        }
        let ratified = Self.date(old.ratified?.value) ?? self.today
        let document = ConstitutionDocument(MarkdownDocument(new))
        if Self.body(of: document.markdown) == Self.body(of: old.markdown) {
            return Self.line(version, ratified: ratified, amended: Self.date(old.amended?.value) ?? self.today)
        }
        let steps = [
            [version[0] + 1, 0, 0], [version[0], version[1] + 1, 0], [version[0], version[1], version[2] + 1],
        ]
        let before = Set(old.principles.map { Self.key($0.title) })
        let after = Set(document.principles.map { Self.key($0.title) })
        let sections = { (markdown: MarkdownDocument) in Set(markdown.sections.filter { $0.level == 2 }.map(\.key)) }
        var step = 2
        if !after.subtracting(before).isEmpty || !sections(document.markdown).isSubset(of: sections(old.markdown)) {
            step = 1
        }
        if !before.subtracting(after).isEmpty { step = 0 }
        if let proposed, let wanted = steps.firstIndex(of: proposed) { step = min(step, wanted) }
        return Self.line(steps[step], ratified: ratified, amended: self.today)
    }

    /// Whether this type wrote a line.
    static func isLine(_ line: String) -> Bool {
        line.drop { $0 == " " || $0 == "*" || $0 == "_" }.lowercased().hasPrefix("version")
            && line.contains(where: \.isNumber) && line.contains(":")
    }

    private static func line(_ version: [Int], ratified: String, amended: String) -> String {
        let number = version.map(String.init).joined(separator: ".")
        return "**Version**: \(number) | **Ratified**: \(ratified) | **Last Amended**: \(amended)"
    }

    private static func body(of markdown: MarkdownDocument) -> [String] {
        markdown.lines.indices.map { markdown.text($0) }
            .filter { !Self.isLine($0) }.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    }

    /// The first three numbers with dots between them.
    private static func numbers(in text: String) -> [Int]? {
        for word in text.split(whereSeparator: { !($0.isASCII && $0.isNumber) && $0 != "." }) {
            let parts = word.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
            if parts.count == 3, parts.allSatisfy({ $0.map { $0 < 1_000_000 } ?? false }) {
                return parts.compactMap { $0 }
            }
        }
        return nil
    }

    private static func date(_ text: String?) -> String? {
        let date = String((text ?? "").prefix { $0.isNumber || $0 == "-" })
        return date.split(separator: "-").map(\.count) == [4, 2, 2] ? date : nil
    }

    /// The title of a principle without its number.
    private static func key(_ title: String) -> String {
        var words = title.lowercased().split { !$0.isLetter && !$0.isNumber }
        if let first = words.first, words.count > 1, first.allSatisfy({ "ivxlc0123456789".contains($0) }) {
            words.removeFirst()
        }
        return words.joined(separator: " ")
    }
}
