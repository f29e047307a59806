/// A regular expression as a nondeterministic automaton, which is followed on all ways at once (Thompson, 1968).
struct RegexProgram: Sendable {
    private enum Instruction: Sendable {
        case match
        case scalar(UInt32)
        case set(ScalarSet)
        case assertion(RegexAssertion)
        case jump(Int)
        case split(Int, Int)
    }

    /// More instructions than this are refused.
    private static let most = 5_000
    /// Repetitions of nothing have no instructions, but making them takes time as well.
    private static let mostAdditions = 50_000

    private var additions = 0
    private var instructions: [Instruction] = []
    private let ignoresCase: Bool

    init(_ node: RegexNode, ignoresCase: Bool) throws(RegexFailure) {
        self.ignoresCase = ignoresCase
        try self.add(node)
        try self.emit(.match)
    }

    private static var tooLarge: RegexFailure { RegexFailure("The regular expression is too large.") }

    private mutating func emit(_ instruction: Instruction) throws(RegexFailure) {
        guard self.instructions.count < Self.most else { throw Self.tooLarge }
        self.instructions.append(instruction)
    }

    private mutating func add(_ node: RegexNode) throws(RegexFailure) {
        self.additions += 1
        guard self.additions <= Self.mostAdditions else { throw Self.tooLarge }
        switch node {
        case .empty: break
        case .scalar(let scalar): try self.emit(.scalar(self.ignoresCase ? Self.folded(scalar.value) : scalar.value))
        case .set(let set): try self.emit(.set(set))
        case .assertion(let assertion): try self.emit(.assertion(assertion))
        case .sequence(let parts): for part in parts { try self.add(part) }
        case .choice(let choices):
            var ends: [Int] = []
            for (index, choice) in choices.enumerated() {
                guard index < choices.count - 1 else {
                    try self.add(choice)
                    break
                }
                let split = self.instructions.count
                try self.emit(.split(split + 1, 0))
                try self.add(choice)
                ends.append(self.instructions.count)
                try self.emit(.jump(0))
                self.instructions[split] = .split(split + 1, self.instructions.count)
            }
            for end in ends { self.instructions[end] = .jump(self.instructions.count) }
        case .repeated(let node, let least, let most):
            for _ in 0..<least { try self.add(node) }
            guard let most else {
                let split = self.instructions.count
                try self.emit(.split(split + 1, 0))
                try self.add(node)
                try self.emit(.jump(split))
                self.instructions[split] = .split(split + 1, self.instructions.count)
                return
            }
            var splits: [Int] = []
            for _ in least..<max(least, most) {
                splits.append(self.instructions.count)
                try self.emit(.split(self.instructions.count + 1, 0))
                try self.add(node)
            }
            for split in splits { self.instructions[split] = .split(split + 1, self.instructions.count) }
        }
    }

    // MARK: Following it

    func end(in line: ArraySlice<UInt8>, steps: inout Int) -> Int? {
        var current = States(self.instructions.count)
        var following = States(self.instructions.count)
        var position = line.startIndex
        var last: UInt32?
        while true {
            let (scalar, length) = Self.scalar(line, position)
            // A match may begin at any place.
            self.follow(0, &current, before: last, after: scalar)
            steps -= 1 + current.list.count
            if current.isMatch { return position - line.startIndex }
            guard let scalar, steps > 0 else { return nil }
            let (_, next) = (scalar, position + length)
            let after = Self.scalar(line, next).scalar
            let folded = self.ignoresCase ? Self.folded(scalar) : scalar
            for state in current.list {
                let isStep =
                    switch self.instructions[state] {
                    case .scalar(let wanted): wanted == folded
                    case .set(let set): set.contains(scalar) || (self.ignoresCase && self.contains(set, folded))
                    default: false
                    }
                if isStep { self.follow(state + 1, &following, before: scalar, after: after) }
            }
            swap(&current, &following)
            following.clear()
            last = scalar
            position = next
        }
    }

    private func contains(_ set: ScalarSet, _ folded: UInt32) -> Bool {
        if set.contains(folded) { return true }
        guard (0x61...0x7A).contains(folded) else { return false }
        return set.contains(folded - 0x20)
    }

    /// The states that are reached, each once, in the order of their finding.
    private struct States {
        private(set) var list: [Int] = []
        private var marks: [Bool]
        var isMatch = false

        init(_ count: Int) { self.marks = [Bool](repeating: false, count: count) }

        mutating func insert(_ state: Int) -> Bool {
            if self.marks[state] { return false }
            self.marks[state] = true
            self.list.append(state)
            return true
        }

        mutating func clear() {
            for state in self.list { self.marks[state] = false }
            self.list.removeAll(keepingCapacity: true)
            self.isMatch = false
        }
    }

    private func follow(_ start: Int, _ states: inout States, before: UInt32?, after: UInt32?) {
        var waiting = [start]
        while let state = waiting.popLast() {
            guard states.insert(state) else { continue }
            switch self.instructions[state] {
            case .match: states.isMatch = true
            case .jump(let target): waiting.append(target)
            case .split(let first, let second): waiting += [second, first]
            case .assertion(let assertion):
                if Self.holds(assertion, before, after) { waiting.append(state + 1) }
            case .scalar, .set: break
            }
        }
    }

    private static func holds(_ assertion: RegexAssertion, _ before: UInt32?, _ after: UInt32?) -> Bool {
        let isBoundary =
            (before.map(ScalarSet.words.contains) ?? false) != (after.map(ScalarSet.words.contains) ?? false)
        return switch assertion {
        case .lineStart: before == nil
        case .lineEnd: after == nil
        case .wordBoundary: isBoundary
        case .noWordBoundary: !isBoundary
        }
    }

    private static func folded(_ value: UInt32) -> UInt32 {
        if (0x41...0x5A).contains(value) { return value + 0x20 }
        guard value >= 0x80, let scalar = Unicode.Scalar(value) else { return value }
        let lower = scalar.properties.lowercaseMapping.unicodeScalars
        return lower.count == 1 ? lower.first?.value ?? value : value
    }

    /// The character at a place, and its bytes; a byte that is not UTF-8 is U+FFFD.
    private static func scalar(_ line: ArraySlice<UInt8>, _ place: Int) -> (scalar: UInt32?, length: Int) {
        guard place < line.endIndex else { return (nil, 0) }
        let first = line[place]
        if first < 0x80 { return (UInt32(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first < 0xF5, place + length <= line.endIndex else { return (0xFFFD, 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for index in (place + 1)..<(place + length) {
            guard line[index] & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            value = value << 6 | UInt32(line[index] & 0x3F)
        }
        return (value, length)
    }
}
