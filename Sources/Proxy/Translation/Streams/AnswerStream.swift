internal import HTTPClient
internal import JSON

/// Translates a stream: events of the upstream to parts of the answer to events of the client. Pure.
///
/// Every event is translated as soon as it is complete. Only the reason for the end and the usage wait for the last
/// event, because the forms order them differently.
struct AnswerStream: StreamTranslation {
    /// The longest event, in bytes.
    static let eventLimit = 1 << 20
    /// The longest answer, in bytes: a response's last events repeat all of it.
    private static let answerLimit = 32 << 20
    private static let endMark = Array("[DONE]".utf8)

    private var parser = ServerSentEventParser(maximumEventBytes: AnswerStream.eventLimit)
    private var reader: any AnswerReader
    private var writer: any AnswerWriter
    private(set) var hasEnded = false
    private var isFinishing = false
    private var size = 0

    init(from upstream: ModelAPI, to client: ModelAPI, _ context: AnswerContext) {
        self.reader =
            switch upstream {
            case .chat: ChatReader(context)
            case .messages: MessagesReader(context)
            case .responses: ResponsesReader(context)
            }
        self.writer =
            switch client {
            case .chat: ChatWriter(context)
            case .messages: MessagesWriter(context)
            case .responses: ResponsesWriter(context)
            }
    }

    mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        self.take(bytes, to: &output)
        return output
    }

    mutating func finish() -> [UInt8] {
        var output: [UInt8] = []
        self.isFinishing = true
        // Some servers omit the line end and the empty line after the last event.
        self.take([0x0A, 0x0A], to: &output)
        if !self.hasEnded { self.write(self.reader.end(), to: &output) }
        if !self.hasEnded { self.write([.fault(.unfinished)], to: &output) }
        return output
    }

    private mutating func take(_ bytes: [UInt8], to output: inout [UInt8]) {
        guard !self.hasEnded else { return }
        var parser = self.parser
        do {
            for event in try parser.parse(bytes) { self.take(event, to: &output) }
            self.parser = parser
        } catch {
            self.takeUntilTooLong(bytes, to: &output)
        }
    }

    /// The parser drops the events before one that is too long if they came with it, but a stream must have the same
    /// result however it is split.
    private mutating func takeUntilTooLong(_ bytes: [UInt8], to output: inout [UInt8]) {
        do {
            for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
                // This ends the last line too early, but the fault comes before that.
                for event in try self.parser.parse(Array(line) + [0x0A]) { self.take(event, to: &output) }
            }
        } catch {
            self.write([.fault(.tooLong("an event of more than \(Self.eventLimit) bytes"))], to: &output)
        }
    }

    private mutating func take(_ event: ServerSentEvent, to output: inout [UInt8]) {
        guard !self.hasEnded, let first = event.bytes.first(where: { $0 > 0x20 }) else { return }
        if let data = try? JSON.parse(event.bytes) {
            self.write(self.reader.read(data), to: &output)
        } else if event.bytes.filter({ $0 > 0x20 }) == Self.endMark {
            self.write(self.reader.readEndMark(), to: &output)
        } else if first == UInt8(ascii: "{") {
            self.write([.fault(self.isFinishing ? .unfinished : .malformed)], to: &output)
        }
        // Other words only keep the connection alive.
    }

    private mutating func write(_ parts: [AnswerPart], to output: inout [UInt8]) {
        for part in parts where !self.hasEnded {
            self.size += part.size
            guard self.size <= Self.answerLimit else {
                self.hasEnded = true
                let fault = AnswerFault.tooLong("an answer of more than \(Self.answerLimit) bytes")
                return self.writer.write(.fault(fault), to: &output)
            }
            self.writer.write(part, to: &output)
            switch part {
            case .done, .fault: self.hasEnded = true
            default: break
            }
        }
    }
}
