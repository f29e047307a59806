internal import Primitives
internal import YAML

/// A value being read. A conversion that fails reports one error and returns nil.
struct Value {
    let node: YAMLNode
    let path: String
    let reading: Reading

    func report(_ message: String, nearestTo word: String? = nil, among words: [String] = []) {
        self.reading.report(
            message, path: self.path, line: self.node.line, column: self.node.column,
            nearest: word.flatMap { nearest(to: $0, among: words) })
    }

    /// Reports an error and returns nil, so that a conversion can end with it.
    func error<T>(_ message: String, nearestTo word: String? = nil, among words: [String] = []) -> T? {
        self.report(message, nearestTo: word, among: words)
        return nil
    }

    func warn(_ message: String) {
        self.reading.report(
            message, severity: .warning, path: self.path, line: self.node.line, column: self.node.column)
    }

    /// The kind of value, as messages name it.
    var kind: String {
        switch self.node.content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar where self.node.isNull: "nothing"
        case .scalar where self.node.boolValue != nil: "a boolean"
        case .scalar where self.node.intValue != nil: "a number"
        case .scalar: "text"
        }
    }

    /// A scalar's text, whatever its type.
    var text: String? { self.node.stringValue }
    var plainBool: Bool? { self.node.boolValue }
    var isMapping: Bool { self.node.mappingValue != nil }
    var isList: Bool { self.node.sequenceValue != nil }

    // MARK: Structure

    /// Nil also if `body` reports an error and returns nil.
    func section<T>(_ body: (Section) -> T?) -> T? {
        guard self.isMapping else { return self.error("expected a mapping, found \(self.kind)") }
        let section = Section(self, path: self.path, reading: self.reading)
        defer { section.finish() }
        return body(section)
    }

    func items() -> [Value]? {
        guard let nodes = self.node.sequenceValue else {
            return self.error("expected a list, found \(self.kind)")
        }
        return nodes.enumerated().map { Value(node: $1, path: "\(self.path)[\($0)]", reading: self.reading) }
    }

    /// The members of a mapping whose keys are anybody's choice.
    func members() -> [(name: String, value: Value)]? {
        guard let entries = self.node.mappingValue else {
            return self.error("expected a mapping, found \(self.kind)")
        }
        return entries.map { entry in
            (entry.key, Value(node: entry.value, path: "\(self.path).\(entry.key)", reading: self.reading))
        }
    }

    // MARK: Scalars

    func string() -> String? {
        guard let text = self.node.stringValue else {
            let hint = self.node.isNull ? "; put a value that begins with # in quotes" : ""
            return self.error("expected text, found \(self.kind)\(hint)")
        }
        // It may be meant as a word.
        guard self.node.boolValue == nil else {
            return self.error("expected text, found \(self.kind); put it in quotes if it is meant as text")
        }
        guard !text.isEmpty else { return self.error("the value must not be empty") }
        return text
    }

    /// Text for which `isGood`.
    ///
    /// - Parameter problem: The error of any other.
    func string(where isGood: (String) -> Bool, else problem: @autoclosure () -> String) -> String? {
        guard let text = self.string() else { return nil }
        return isGood(text) ? text : self.error(problem())
    }

    func bool() -> Bool? {
        self.node.boolValue ?? self.error("expected true or false, found \(self.kind)")
    }

    func integer(in range: ClosedRange<Int>) -> Int? {
        guard let number = self.node.intValue else {
            return self.error("expected a whole number, found \(self.kind)")
        }
        guard range.contains(number) else {
            return self.error("\(number) is out of range; use a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number that may have decimals.
    func number(in range: ClosedRange<Double>) -> Double? {
        guard let text = self.text, let number = Double(text), number.isFinite else {
            return self.error("expected a number such as 0.5, found \(self.kind)")
        }
        guard range.contains(number) else {
            return self.error("\(text) is out of range; use a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// One of the words of an enumeration.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type = Choice.self) -> Choice? {
        self.choice(among: Array(Choice.allCases), named: \.rawValue)
    }

    func choice<Choice>(among choices: [Choice], named name: (Choice) -> String) -> Choice? {
        let words = choices.map(name)
        guard let text = self.text else {
            return self.error("expected one of \(words.joined(separator: ", ")), found \(self.kind)")
        }
        return choices.first { name($0) == text }
            ?? self.error("'\(text)' is not one of \(words.joined(separator: ", "))", nearestTo: text, among: words)
    }
}

extension StringProtocol {
    /// Whether there is nothing but ASCII letters, digits and `signs`.
    func isPlain(with signs: String) -> Bool {
        self.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || signs.contains($0)) }
    }
}
