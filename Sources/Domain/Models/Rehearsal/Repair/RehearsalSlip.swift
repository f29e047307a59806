/// A small mistake that the rehearsal knows how to take back: one line, and what may have been meant.
struct RehearsalSlip: Equatable {
    let path: String
    let old: String
    let new: String

    /// The repairs to try in a file, in its order. A line that occurs twice is left out, since an edit must name one
    /// place.
    static func candidates(in text: String, path: String) -> [RehearsalSlip] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var counts: [String: Int] = [:]
        for line in lines { counts[line, default: 0] += 1 }
        return lines.filter { counts[$0] == 1 && !Self.isComment($0) }.flatMap { line in
            Self.swaps.compactMap { wrong, right in
                Self.replacingOnce(wrong, by: right, in: line).map {
                    RehearsalSlip(path: path, old: line, new: $0)
                }
            }
        }
    }

    /// What is often written for what, with the blanks that keep it from matching inside other signs.
    private static let swaps = [
        (" - ", " + "), (" + ", " - "), (" * ", " + "), (" / ", " * "), (" <= ", " < "), (" < ", " <= "),
        (" >= ", " > "), (" > ", " >= "), (" == ", " != "), (" != ", " == "), (" && ", " || "), (" || ", " && "),
        (" and ", " or "), (" or ", " and "), ("True", "False"), ("False", "True"), ("true", "false"),
        ("false", "true"), ("min(", "max("), ("max(", "min("), (" + 1", ""), (" - 1", ""),
    ]

    private static func isComment(_ line: String) -> Bool {
        let text = line.drop { $0.isWhitespace }
        return text.isEmpty || text.hasPrefix("#") || text.hasPrefix("//") || text.hasPrefix("*")
    }

    private static func replacingOnce(_ wrong: String, by right: String, in line: String) -> String? {
        let parts = line.split(separator: wrong, omittingEmptySubsequences: false)
        return parts.count == 2 ? parts[0] + right + parts[1] : nil
    }
}
