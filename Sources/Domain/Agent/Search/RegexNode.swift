/// A part of a regular expression.
indirect enum RegexNode: Equatable {
    case empty
    case scalar(Unicode.Scalar)
    case set(ScalarSet)
    case assertion(RegexAssertion)
    case sequence([RegexNode])
    case choice([RegexNode])
    /// `most` nil is without a limit.
    case repeated(RegexNode, least: Int, most: Int?)

    /// The longest text that each match contains, as far as it is easily seen.
    var required: [UInt8] {
        let parts: [RegexNode] = if case .sequence(let parts) = self { parts } else { [self] }
        var (best, run): ([UInt8], [UInt8]) = ([], [])
        for part in parts {
            switch part {
            case .scalar(let scalar): run += Array(String(scalar).utf8)
            case .assertion, .empty: continue
            case .repeated(let node, let least, _) where least > 0:
                let inner = node.required
                if inner.count > best.count { best = inner }
                run = []
            case .sequence:
                let inner = part.required
                if inner.count > best.count { best = inner }
                run = []
            default: run = []
            }
            if run.count > best.count { best = run }
        }
        return best
    }
}

enum RegexAssertion: Equatable { case lineStart, lineEnd, wordBoundary, noWordBoundary }

/// A set of characters.
struct ScalarSet: Equatable {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

    func contains(_ value: UInt32) -> Bool { self.ranges.contains { $0.contains(value) } != self.isNegated }

    static let digits = ScalarSet(ranges: [0x30...0x39])
    static let words = ScalarSet(ranges: [
        0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A, 0xAA...0xAA, 0xB5...0xB5, 0xC0...0x2FF, 0x370...0x1FFF,
        0x3040...0xD7FF,
    ])
    static let spaces = ScalarSet(ranges: [0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x2000...0x200A, 0x3000...0x3000])
    static let all = ScalarSet(ranges: [0...0x10FFFF])

    var inverted: ScalarSet { ScalarSet(ranges: self.ranges, isNegated: !self.isNegated) }

    /// The ranges, also of a negated set.
    var plainRanges: [ClosedRange<UInt32>] {
        guard self.isNegated else { return self.ranges }
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in self.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { result.append(next...0x10FFFF) }
        return result
    }
}

/// Why a pattern is not a regular expression that can be used here.
struct RegexFailure: Error, Equatable {
    let text: String

    init(_ text: String) { self.text = text }
}
