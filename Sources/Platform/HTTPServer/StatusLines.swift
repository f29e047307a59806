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
