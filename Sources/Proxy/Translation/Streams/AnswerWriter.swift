internal import JSON

/// Writes the client's events. Pure.
protocol AnswerWriter: Sendable {
    mutating func write(_ part: AnswerPart, to output: inout [UInt8])
}

extension AnswerWriter {
    /// - Parameter name: nil for chat completions, whose events have no names.
    func append(_ name: String?, _ data: JSON, to output: inout [UInt8]) {
        if let name { output += Array("event: \(name)\n".utf8) }
        output += Array("data: ".utf8)
        output += data.bytes
        output += [0x0A, 0x0A]
    }

    /// A comment, which every client ignores, keeps the connection alive.
    func appendComment(to output: inout [UInt8]) { output += Array(": keep-alive\n\n".utf8) }
}
