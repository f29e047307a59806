extension [UInt8] {
    /// Appends a number in decimal, with at least so many digits.
    package mutating func append(_ number: Int, digits: Int) {
        if number < 0 { self.append(UInt8(ascii: "-")) }
        self.append(number.magnitude, digits: digits)
    }

    private mutating func append(_ number: UInt, digits: Int) {
        if digits > 1 || number >= 10 { self.append(number / 10, digits: digits - 1) }
        self.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
