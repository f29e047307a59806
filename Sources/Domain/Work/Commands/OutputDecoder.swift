package import Chat
package import Jail
internal import Primitives

/// Decodes a command's two streams of bytes into text. A character that is split between pieces waits for its rest, and
/// bytes that are not UTF-8 become U+FFFD. Runs of marks are
/// broken. Pure.
package struct OutputDecoder: Sendable {
    private var rests: [CommandOutput.Stream: [UInt8]] = [:]
    private var runs: [CommandOutput.Stream: StreamSafeText] = [:]

    package init() {}

    /// Nil while there is no whole character.
    package mutating func decode(_ output: ShellOutput) -> CommandOutput? {
        let stream = Self.stream(output.stream)
        let bytes = (self.rests[stream] ?? []) + output.bytes
        let end = bytes.count - Self.unfinished(bytes)
        self.rests[stream] = Array(bytes[end...])
        guard end > 0 else { return nil }
        let text = String(decoding: bytes[..<end], as: UTF8.self)
        return CommandOutput(stream: stream, text: self.runs[stream, default: StreamSafeText()].next(text))
    }

    /// What is left at the end.
    package mutating func finish() -> [CommandOutput] {
        let rests = self.rests
        self.rests = [:]
        return [CommandOutput.Stream.standardOutput, .standardError].compactMap { stream in
            guard let rest = rests[stream], !rest.isEmpty else { return nil }
            return CommandOutput(stream: stream, text: String(decoding: rest, as: UTF8.self))
        }
    }

    private static func stream(_ stream: ShellOutput.Stream) -> CommandOutput.Stream {
        switch stream {
        case .standardOutput: .standardOutput
        case .standardError: .standardError
        }
    }

    /// The number of bytes at the end that begin a character without ending it.
    private static func unfinished(_ bytes: [UInt8]) -> Int {
        for count in 1...3 where count <= bytes.count {
            let byte = bytes[bytes.count - count]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > count ? count : 0
        }
        return 0
    }
}
