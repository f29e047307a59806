internal import HTTP

/// Status lines such as `HTTP/1.1 200 OK`.
enum StatusLines {
    private static let ok = Array("HTTP/1.1 200 OK\r\n".utf8)
    static let proceed = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    static func write(_ status: HTTPStatus, to output: inout [UInt8]) {
        guard status != .ok else {
            output += self.ok
            return
        }
        output += "HTTP/1.1 ".utf8
        // Always three digits, whatever code a handler sets.
        output.appendDecimal((100...999).contains(status.code) ? status.code : 500)
        output.append(0x20)
        output += status.reason.utf8
        output += "\r\n".utf8
    }
}

extension [UInt8] {
    /// Appends a non-negative number.
    mutating func appendDecimal(_ number: Int) {
        if number >= 10 { self.appendDecimal(number / 10) }
        self.append(0x30 + UInt8(number % 10))
    }

    /// Appends a non-negative number in hexadecimal.
    mutating func appendHexadecimal(_ number: Int) {
        if number >= 16 { self.appendHexadecimal(number / 16) }
        let digit = UInt8(number % 16)
        self.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
    }
}
