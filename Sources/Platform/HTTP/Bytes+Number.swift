extension [UInt8] {
    /// Appends a non-negative number.
    package mutating func appendDecimal(_ number: Int) {
        if number >= 10 { self.appendDecimal(number / 10) }
        self.append(0x30 + UInt8(number % 10))
    }

    /// Appends a non-negative number in hexadecimal.
    package mutating func appendHexadecimal(_ number: Int) {
        if number >= 16 { self.appendHexadecimal(number / 16) }
        let digit = UInt8(number % 16)
        self.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
    }
}
