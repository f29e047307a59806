internal import HTTPClient
internal import JSON

/// Translates a stream: events of the upstream to parts of the answer to events of the client. Pure.
///
/// Every event is translated as soon as it is complete. Only the reason for the end and the usage wait for the last
/// event, because the forms order them differently.
struct AnswerStream: StreamTranslation {
    /// The longest event, in bytes, of a form whose events contain only what is new.
    static let eventLimit = 1 << 20
    /// The longest answer, in bytes.
    static let answerLimit = 32 << 20
    /// The most texts, thoughts and calls of an answer: each takes far more memory than the bytes that begin it.
    static let itemLimit = 1_024
    private static let endMark = Array("[DONE]".utf8)

    private let eventLimit: Int
    private let stepLimit: Int
    private var parser: ServerSentEventParser
    /// At most this many bytes of an incomplete event are in the parser.
    private var waiting = 0
    private var reader: any AnswerReader
    private var writer: any AnswerWriter
    private var stops: StreamStops?
    private(set) var hasEnded = false
    private(set) var fault: AnswerFault?
    private var isFinishing = false
    private var hasBegun = false
    private var size = 0
    private var items = 0
    /// The kind of text that the open item has.
    private var open: AnswerPart.TextKind?

    /// - Parameter stepLimit: The most bytes of one step after which another part is written.
    init(
        from upstream: ModelAPI, to client: ModelAPI, _ context: AnswerContext, stepLimit: Int = 2 * Self.answerLimit
    ) {
        self.stepLimit = stepLimit
        // A response's last events repeat all of it.
        self.eventLimit = Self.eventLimit + (upstream == .responses ? Self.answerLimit : 0)
        self.parser = ServerSentEventParser(maximumEventBytes: self.eventLimit)
        self.reader =
            switch upstream {
            case .chat: ChatReader(context)
            case .messages: MessagesReader(context)
            case .responses: ResponsesReader(context)
            }
        self.stops = context.stops.isEmpty ? nil : StreamStops(context.stops)
        self.writer =
            switch client {
            case .chat: ChatWriter(context)
            case .messages: MessagesWriter(context)
            case .responses: ResponsesWriter(context)
            }
    }

    var held: Int { self.waiting + self.size }

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
        // The parser drops the events before one that is too long if they came with it, but a stream must have the same
        // result however it is split. So bytes that may contain such an event are parsed line by line.
        let pieces = self.waiting + bytes.count > self.eventLimit ? Self.lines(bytes) : [bytes]
        do {
            for piece in pieces {
                let events = try self.parser.parse(piece)
                self.waiting = piece.count + (events.isEmpty ? self.waiting : 0)
                for event in events { self.take(event, to: &output) }
            }
        } catch {
            self.write([.fault(.tooLong("an event of more than \(self.eventLimit) bytes"))], to: &output)
        }
    }

    /// The lines with their ends; the last one may lack its own.
    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            lines.append(Array(rest[...end]))
            rest = rest[(end + 1)...]
        }
        return lines + [Array(rest)]
    }

    private mutating func take(_ event: ServerSentEvent, to output: inout [UInt8]) {
        guard !self.hasEnded, let first = event.bytes.first(where: { $0 > 0x20 }) else { return }
        if let data = try? JSON.parse(event.bytes) {
            let parts = self.reader.read(data)
            // What has no counterpart still shows that the model works, even if it thinks without a word for minutes.
            self.write(parts.isEmpty ? [.alive] : parts, to: &output)
        } else if event.bytes.filter({ $0 > 0x20 }) == Self.endMark {
            self.write(self.reader.readEndMark(), to: &output)
        } else if first == UInt8(ascii: "{") {
            self.write([.fault(self.isFinishing ? .unfinished : .malformed)], to: &output)
        } else {
            self.write([.alive], to: &output)
        }
    }

    private mutating func write(_ parts: [AnswerPart], to output: inout [UInt8]) {
        let joined = Self.joined(parts)
        let parts = self.stops == nil ? joined : joined.flatMap { self.stops?.parts(for: $0) ?? [] }
        for part in parts where !self.hasEnded {
            // Clients expect the beginning of the answer first.
            if part == .alive, !self.hasBegun { continue }
            self.count(part)
            if let fault = self.excess(after: output.count) {
                (self.hasEnded, self.fault) = (true, fault)
                return self.writer.write(.fault(fault), to: &output)
            }
            self.writer.write(part, to: &output)
            switch part {
            case .done: self.hasEnded = true
            case .fault(let fault): (self.hasEnded, self.fault) = (true, fault)
            case .begin: self.hasBegun = true
            default: break
            }
        }
    }

    /// Each part becomes an event, which may be a thousand times as long. So what one event of the upstream adds to a
    /// text becomes one part.
    private static func joined(_ parts: [AnswerPart]) -> [AnswerPart] {
        var joined: [AnswerPart] = []
        var rest = parts[...]
        while let first = rest.first {
            let run = first.added == nil ? rest.prefix(1) : rest.prefix { $0.addsToSame(as: first) }
            joined.append(run.count == 1 ? first : first.with(run.compactMap(\.added).joined()))
            rest = rest.dropFirst(run.count)
        }
        return joined
    }

    /// Why the next part is not written.
    ///
    /// - Parameter written: The bytes of this step.
    private func excess(after written: Int) -> AnswerFault? {
        if self.items > Self.itemLimit { return .tooManyItems }
        if self.size > Self.answerLimit { return .tooLong("an answer of more than \(Self.answerLimit) bytes") }
        return written > self.stepLimit
            ? .tooLong("pieces that become more than \(self.stepLimit) bytes at once") : nil
    }

    private mutating func count(_ part: AnswerPart) {
        self.size += part.size
        if case .call = part {
            self.items += 1
            self.open = nil
        } else if let kind = part.textKind, kind != self.open {
            self.items += 1
            self.open = kind
        }
    }
}

/// Translates server-sent events as they arrive. Pure.
protocol StreamTranslation: Sendable {
    /// The answer has ended, complete or with an error. The upstream's stream may end too: nothing follows.
    var hasEnded: Bool { get }

    /// The error with which the answer has ended.
    var fault: AnswerFault? { get }

    /// The bytes of an incomplete event and of the answer so far, which the next step may read or repeat whole.
    var held: Int { get }

    /// Takes the next bytes, split anywhere, and returns the events that they complete, in the client's form.
    mutating func feed(_ bytes: [UInt8]) -> [UInt8]

    /// Returns what remains at the end of the upstream's stream. If the stream lacked its own end marker, that is the
    /// client's form of an error: an incomplete answer never looks complete.
    mutating func finish() -> [UInt8]
}

/// The stream of an upstream that has the client's form.
struct UnchangedStream: StreamTranslation {
    var hasEnded: Bool { false }
    var fault: AnswerFault? { nil }
    var held: Int { 0 }

    mutating func feed(_ bytes: [UInt8]) -> [UInt8] { bytes }
    mutating func finish() -> [UInt8] { [] }
}

/// One step of an answer that arrives piece by piece, independent of the form.
enum AnswerPart: Sendable, Equatable {
    /// The first part of every answer.
    case begin(id: String, model: String, created: Int?)
    case reasoning(String)
    case text(String)
    case refusal(String)
    /// A call begins. Calls are numbered from 0 in the order in which they begin; their arguments may be interleaved.
    case call(Int, id: String, name: String)
    case arguments(Int, String)
    case usage(AnswerUsage)
    case finish(AnswerFinish)
    /// Nothing new, but the upstream is alive.
    case alive
    /// The answer is complete. Nothing follows.
    case done
    /// The answer has failed. Nothing follows.
    case fault(AnswerFault)
}

extension AnswerPart {
    /// The bytes that the part adds to the answer.
    var size: Int {
        if case .call(_, let id, let name) = self { return id.utf8.count + name.utf8.count }
        return self.added?.utf8.count ?? 0
    }

    /// What it adds to a text that grows; nil for other parts.
    var added: String? {
        switch self {
        case .reasoning(let text), .text(let text), .refusal(let text), .arguments(_, let text): text
        default: nil
        }
    }

    /// The same part with another text to add.
    func with(_ text: String) -> AnswerPart {
        switch self {
        case .reasoning: .reasoning(text)
        case .text: .text(text)
        case .refusal: .refusal(text)
        case .arguments(let number, _): .arguments(number, text)
        default: self
        }
    }

    /// Whether both add to the same text.
    func addsToSame(as other: AnswerPart) -> Bool { self.added != nil && self.with("") == other.with("") }

    enum TextKind: Sendable { case reasoning, text, refusal }

    /// Text of another kind than that before it begins an item.
    var textKind: TextKind? {
        switch self {
        case .reasoning: .reasoning
        case .text: .text
        case .refusal: .refusal
        default: nil
        }
    }
}

/// Reads an upstream's events. Pure.
protocol AnswerReader: Sendable {
    mutating func read(_ event: JSON) -> [AnswerPart]

    /// `[DONE]`, which ends a stream of chat completions.
    mutating func readEndMark() -> [AnswerPart]

    /// The stream has ended without a part that ends the answer.
    mutating func end() -> [AnswerPart]
}

extension AnswerReader {
    mutating func readEndMark() -> [AnswerPart] { [] }
    mutating func end() -> [AnswerPart] { [.fault(.unfinished)] }
}

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
