internal import HTTP

/// Lines of the access log while they are being written.
struct AccessLines {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) {
        self.bytes.reserveCapacity(capacity)
    }

    mutating func add(_ text: StaticString) {
        text.withUTF8Buffer { self.bytes.append(contentsOf: $0) }
    }

    mutating func add(_ text: String) { self.bytes.append(contentsOf: text.utf8) }

    mutating func add(_ text: [UInt8]) { self.bytes += text }

    mutating func add(_ text: StaticString, _ number: Int) {
        self.add(text)
        self.bytes.appendDecimal(max(0, number))
    }

    /// With two decimals.
    mutating func add(_ text: StaticString, milliseconds: Double) {
        let hundredths = max(0, Int((milliseconds * 100).rounded()))
        self.add(text, hundredths / 100)
        self.add(".")
        self.add(digit: hundredths / 10)
        self.add(digit: hundredths)
    }

    /// The three digits of a second's part.
    mutating func add(milliseconds: Int) {
        self.add(digit: milliseconds / 100)
        self.add(digit: milliseconds / 10)
        self.add(digit: milliseconds)
    }

    /// The last decimal digit.
    private mutating func add(digit number: Int) { self.bytes.append(0x30 + UInt8(number % 10)) }
}
