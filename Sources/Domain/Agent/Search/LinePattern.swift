/// What a search looks for in a line: a literal text, or a regular expression in time proportional to the text, because
/// a model's pattern may be one that takes for ever with backtracking. Pure.
struct LinePattern: Sendable {
    /// What a matching text contains; empty if nothing is known. For a quick look at whole files.
    let required: [UInt8]
    private let program: RegexProgram?

    /// A literal text.
    init(text: String) {
        self.required = Array(text.utf8)
        self.program = nil
    }

    /// A regular expression: literals, `.`, classes, `\d \w \s \b`, groups, `|`, `* + ? {n,m}`, `^ $`, `(?i)`.
    init(regex: String) throws(RegexFailure) {
        var parser = RegexParser(regex)
        let (node, ignoresCase) = try parser.parse()
        self.program = try RegexProgram(node, ignoresCase: ignoresCase)
        self.required = ignoresCase ? [] : node.required
    }

    /// The end of the first match in a line, as an offset; nil without one. `steps` is what the work costs, and the
    /// search ends without a match when nothing is left of it.
    func end(in line: ArraySlice<UInt8>, steps: inout Int) -> Int? {
        guard let program = self.program else {
            steps -= line.count
            return firstPlace(of: self.required, in: line).map { $0 - line.startIndex + self.required.count }
        }
        return program.end(in: line, steps: &steps)
    }

    /// Whether a file may have a match.
    func mayMatch(_ bytes: [UInt8]) -> Bool { firstPlace(of: self.required, in: bytes[...]) != nil }
}

/// The first place of a short pattern.
func firstPlace(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard let first = pattern.first else { return bytes.startIndex }
    guard bytes.count >= pattern.count else { return nil }
    let last = bytes.endIndex - pattern.count
    var place = bytes.startIndex
    while place <= last {
        guard let next = bytes[place...last].firstIndex(of: first) else { return nil }
        if bytes[next...].starts(with: pattern) { return next }
        place = next + 1
    }
    return nil
}
