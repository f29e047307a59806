extension [UInt8] {
    /// Appends to a buffer that is kept for long: it grows by an eighth, where `append` would double it.
    package mutating func append(sparingly bytes: some Collection<UInt8>) {
        let count = self.count + bytes.count
        if count > self.capacity { self.reserveCapacity(count + Swift.max(512, count / 8)) }
        self.append(contentsOf: bytes)
    }

    /// Appends a span's bytes in one copy.
    @inlinable package mutating func append(contentsOf span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe self.append(contentsOf: $0) }
    }

    /// Appends a number in decimal, with at least `digits` digits.
    package mutating func append(_ number: Int, digits: Int) {
        if number < 0 { self.append(UInt8(ascii: "-")) }
        self.append(number.magnitude, digits: digits)
    }

    private mutating func append(_ number: UInt, digits: Int) {
        if digits > 1 || number >= 10 { self.append(number / 10, digits: digits - 1) }
        self.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// Appends a non-negative number in hexadecimal.
    package mutating func appendHexadecimal(_ number: Int) {
        if number >= 16 { self.appendHexadecimal(number / 16) }
        let digit = UInt8(number % 16)
        self.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
    }
}

extension String {
    /// Copies a span; invalid UTF-8 becomes U+FFFD.
    @inlinable package init(decoding span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
