/// Reads a regular expression.
struct RegexParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var ignoresCase = false

    init(_ text: String) {
        self.scalars = Array(text.unicodeScalars)
    }

    mutating func parse() throws(RegexFailure) -> (node: RegexNode, ignoresCase: Bool) {
        if self.take("(?i)") { self.ignoresCase = true }
        let node = try self.choice()
        guard self.index == self.scalars.count else { throw self.failure("there is a ) without its (") }
        return (node, self.ignoresCase)
    }

    private var next: Unicode.Scalar? { self.index < self.scalars.count ? self.scalars[self.index] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard self.scalars[self.index...].starts(with: text.unicodeScalars) else { return false }
        self.index += text.unicodeScalars.count
        return true
    }

    private func failure(_ reason: String) -> RegexFailure {
        RegexFailure("The regular expression can't be used: \(reason), at character \(self.index + 1).")
    }

    private mutating func choice() throws(RegexFailure) -> RegexNode {
        var choices = [try self.sequence()]
        while self.take("|") { choices.append(try self.sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(RegexFailure) -> RegexNode {
        var parts: [RegexNode] = []
        while let scalar = self.next, scalar != "|", scalar != ")" {
            let part = try self.atom()
            parts.append(try self.quantified(part))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func quantified(_ part: RegexNode) throws(RegexFailure) -> RegexNode {
        let least: Int
        let most: Int?
        switch self.next {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{":
            guard let (numbers, end) = self.counts() else { return part }
            (least, most) = numbers
            self.index = end - 1
            guard most ?? least >= least, max(least, most ?? 0) <= 1_000 else {
                throw self.failure("a count is wrong or over 1000")
            }
        default: return part
        }
        self.index += 1
        // Lazy and possessive counts match the same lines.
        if self.next == "?" || self.next == "+" { self.index += 1 }
        if case .assertion = part { return least == 0 ? .empty : part }
        return .repeated(part, least: least, most: most)
    }

    /// `{2}`, `{2,}`, `{2,5}`, and the index behind it; nil for a brace that stands for itself.
    private func counts() -> (numbers: (Int, Int?), end: Int)? {
        guard let close = self.scalars[self.index...].firstIndex(of: "}"), close - self.index <= 10 else { return nil }
        let inner = String(String.UnicodeScalarView(self.scalars[(self.index + 1)..<close]))
        let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 2, let least = Self.count(parts[0]) else { return nil }
        if parts.count == 1 { return ((least, least), close + 1) }
        if parts[1].isEmpty { return ((least, nil), close + 1) }
        return Self.count(parts[1]).map { ((least, $0), close + 1) }
    }

    /// Digits only: `{-1}` stands for itself.
    private static func count(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private mutating func atom() throws(RegexFailure) -> RegexNode {
        guard let scalar = self.next else { return .empty }
        switch scalar {
        case "(": return try self.group()
        case "[": return .set(try self.set())
        case "*", "+", "?": throw self.failure("\(scalar) has nothing to repeat")
        default: break
        }
        self.index += 1
        switch scalar {
        case ".": return .set(.all)
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "\\": return try self.escape()
        default: return .scalar(scalar)
        }
    }

    private mutating func group() throws(RegexFailure) -> RegexNode {
        self.index += 1
        self.depth += 1
        guard self.depth <= 50 else { throw self.failure("it is nested too deep") }
        if self.take("?") {
            if self.take("P<") || (self.next == "<" && !self.isLookbehind) {
                while let scalar = self.next, scalar != ">" { self.index += 1 }
                self.index = min(self.index + 1, self.scalars.count)
            } else if !self.take(":") {
                throw self.failure("lookaround and inline options are not possible")
            }
        }
        let node = try self.choice()
        guard self.take(")") else { throw self.failure("a ) is missing") }
        self.depth -= 1
        return node
    }

    private var isLookbehind: Bool {
        self.index + 1 < self.scalars.count && "=!".unicodeScalars.contains(self.scalars[self.index + 1])
    }

    private mutating func escape() throws(RegexFailure) -> RegexNode {
        guard let scalar = self.next else { throw self.failure("it ends with a backslash") }
        self.index += 1
        switch scalar {
        case "b": return .assertion(.wordBoundary)
        case "B": return .assertion(.noWordBoundary)
        case "A": return .assertion(.lineStart)
        case "z", "Z": return .assertion(.lineEnd)
        case "1"..."9", "k": throw self.failure("backreferences are not possible")
        case "p", "P": throw self.failure("\\p is not possible")
        default: break
        }
        if let set = Self.set(of: scalar) { return .set(set) }
        return .scalar(try self.control(scalar))
    }

    private static func set(of scalar: Unicode.Scalar) -> ScalarSet? {
        switch scalar {
        case "d": .digits
        case "D": ScalarSet.digits.inverted
        case "w": .words
        case "W": ScalarSet.words.inverted
        case "s": .spaces
        case "S": ScalarSet.spaces.inverted
        default: nil
        }
    }

    private mutating func control(_ scalar: Unicode.Scalar) throws(RegexFailure) -> Unicode.Scalar {
        switch scalar {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "f": return "\u{C}"
        case "v": return "\u{B}"
        case "x", "u":
            let count = scalar == "x" ? 2 : 4
            let digits = String(String.UnicodeScalarView(self.scalars[self.index...].prefix(count)))
            guard digits.count == count, let value = UInt32(digits, radix: 16), let made = Unicode.Scalar(value) else {
                throw self.failure("\\\(scalar) needs \(count) hexadecimal digits")
            }
            self.index += count
            return made
        default:
            guard !scalar.properties.isAlphabetic else { throw self.failure("\\\(scalar) is unknown") }
            return scalar
        }
    }

    private mutating func set() throws(RegexFailure) -> ScalarSet {
        self.index += 1
        let isNegated = self.take("^")
        var set = ScalarSet()
        let first = self.index
        while let scalar = self.next, scalar != "]" || self.index == first {
            if self.take("[:") {
                throw self.failure("[:…:] is not possible, use \\w, \\d or \\s")
            }
            self.index += 1
            var low = scalar
            if scalar == "\\" {
                guard let escaped = self.next else { break }
                self.index += 1
                if let known = Self.set(of: escaped) {
                    set.ranges += known.plainRanges
                    continue
                }
                low = escaped == "b" ? "\u{8}" : try self.control(escaped)
            }
            var high = low
            if self.next == "-", self.index + 1 < self.scalars.count, self.scalars[self.index + 1] != "]" {
                self.index += 1
                high = self.scalars[self.index]
                self.index += 1
                if high == "\\", let escaped = self.next {
                    self.index += 1
                    high = try self.control(escaped)
                }
            }
            guard low.value <= high.value else { throw self.failure("a range is upside down") }
            set.ranges.append(low.value...high.value)
        }
        guard self.take("]") else { throw self.failure("a ] is missing") }
        set.isNegated = isNegated
        return set
    }
}
