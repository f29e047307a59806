/// Limits the open questions of a specification to three; further ones become assumptions to confirm.
struct ClarificationMarkers: Sendable {
    static let limit = 3
    private static let start = "[NEEDS CLARIFICATION"

    /// The number of questions kept.
    private(set) var count = 0

    /// The line, with markers over the limit rewritten.
    mutating func limit(_ line: String) -> String {
        guard line.contains(Self.start) else { return line }
        var result = ""
        var rest = Substring(line)
        while let marker = rest.firstRange(of: Self.start) {
            result += rest[..<marker.lowerBound]
            let question = rest[marker.upperBound...].drop { $0 == ":" || $0 == " " }
            let end = question.firstIndex(of: "]")
            if self.count < Self.limit {
                self.count += 1
                let next = end.map { rest.index(after: $0) } ?? rest.endIndex
                result += rest[marker.lowerBound..<next]
                rest = rest[next...]
            } else {
                result += "(assumption to confirm: \(end.map { question[..<$0] } ?? question))"
                rest = end.map { rest[rest.index(after: $0)...] } ?? ""
            }
        }
        return result + rest
    }

    /// A marker for `question`, or an assumption when the limit is reached.
    mutating func mark(_ question: String) -> String {
        self.limit("\(Self.start): \(question)]")
    }
}
