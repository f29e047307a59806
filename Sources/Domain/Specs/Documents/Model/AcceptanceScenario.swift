/// One acceptance scenario: **Given** a state, **When** an action, **Then** an outcome.
package struct AcceptanceScenario: Sendable, Hashable {
    /// On one line.
    package let text: String
    /// From 0.
    package let line: Int
    /// The parts that the scenario lacks, of `Given`, `When`, `Then`.
    package let missing: [String]

    init(text: String, line: Int) {
        self.text = text
        self.line = line
        self.missing = Self.missing(in: Array(text.utf8)[...])
    }

    /// In other languages the keywords differ, but they are bold: three in order make a scenario complete.
    private static func missing(in text: ArraySlice<UInt8>) -> [String] {
        var missing: [String] = []
        var rest = text
        for (word, name) in [(StaticString("given"), "Given"), ("when", "When"), ("then", "Then")] {
            if let index = rest.index(ofWord: word) {
                rest = rest[(index + word.utf8CodeUnitCount)...]
            } else {
                missing.append(name)
            }
        }
        return missing.isEmpty || Self.boldParts(of: text) >= 3 ? [] : missing
    }

    private static func boldParts(of text: ArraySlice<UInt8>) -> Int {
        var count = 0
        var rest = text
        while let index = rest.index(ofIgnoringCase: "**") {
            count += 1
            rest = rest[(index + 2)...]
        }
        return count / 2
    }

    /// Whether an item is meant as a scenario wherever it is: it begins with `Given`.
    static func isOne(_ content: ArraySlice<UInt8>) -> Bool {
        let text = content.drop { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "_") }
        return text.beginsIgnoringCase(with: "given") && !(text.dropFirst(5).first?.isWordByte ?? false)
    }
}
