/// One event of an event stream.
package struct ServerSentEvent: Sendable, Hashable {
    /// The event's type; `message` when the stream names none.
    package var event: String
    /// The raw data lines, joined by line feeds; see ``data``.
    package var bytes: [UInt8]
    /// The stream's last id, from this event or an earlier one.
    package var id: String
    /// The stream's latest reconnection delay, in milliseconds.
    package var retry: Int?

    package init(event: String = "message", bytes: [UInt8], id: String = "", retry: Int? = nil) {
        self.event = event
        self.bytes = bytes
        self.id = id
        self.retry = retry
    }

    /// The data as text; bytes that aren't UTF-8 become U+FFFD.
    package var data: String { String(decoding: self.bytes, as: UTF8.self) }
}

/// Parses an event stream by the rules of the WHATWG's HTML standard §9.2.6. Pure; the input may be split anywhere.
///
/// Lines are buffered as bytes until complete, so a split inside a character or between CR and LF is harmless.
package struct ServerSentEventParser: Sendable {
    /// An event exceeded the limit; the stream can't be parsed further.
    package struct TooLong: Error, Sendable, Hashable, CustomStringConvertible {
        package let limit: Int
        package var description: String { "an event of the stream is longer than \(limit) bytes" }
    }

    private enum Start { case stream, secondByte, thirdByte, passed }

    private var lastEventID = ""
    private var retry: Int?
    private let limit: Int
    private var start = Start.stream
    private var line: [UInt8] = []
    /// The previous byte was a CR: a following LF belongs to it.
    private var endedInCR = false
    private var data: [UInt8] = []
    private var type: [UInt8] = []

    /// - Parameter limit: The maximum total bytes of one event's lines.
    package init(maximumEventBytes limit: Int = 1024 * 1024) {
        self.limit = limit
    }

    /// Takes the next bytes and returns the events that they complete. An incomplete event at the end is dropped.
    package mutating func parse(_ bytes: [UInt8]) throws(TooLong) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var position = self.skipByteOrderMark(bytes)
        while position < bytes.count {
            if self.endedInCR {
                self.endedInCR = false
                if bytes[position] == 0x0A {
                    position += 1
                    continue
                }
            }
            var end = position
            while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            guard self.line.count + self.data.count + self.type.count + end - position <= self.limit else {
                throw TooLong(limit: self.limit)
            }
            guard end < bytes.count else {
                self.line += bytes[position..<end]
                break
            }
            if self.line.isEmpty {
                self.take(line: bytes[position..<end], into: &events)
            } else {
                self.line += bytes[position..<end]
                let line = self.line
                self.line.removeAll(keepingCapacity: true)
                self.take(line: line[...], into: &events)
            }
            self.endedInCR = bytes[end] == 0x0D
            position = end + 1
        }
        return events
    }

    /// How many of `bytes` belong to a U+FEFF at the start of the stream, which may arrive byte by byte.
    private mutating func skipByteOrderMark(_ bytes: [UInt8]) -> Int {
        var position = 0
        while self.start != .passed, position < bytes.count {
            switch (self.start, bytes[position]) {
            case (.stream, 0xEF): self.start = .secondByte
            case (.secondByte, 0xBB): self.start = .thirdByte
            case (.thirdByte, 0xBF):
                self.start = .passed
                self.line = []
                return position + 1
            default:
                self.start = .passed
                return position
            }
            // Kept in case the rest of the mark doesn't follow.
            self.line.append(bytes[position])
            position += 1
        }
        return position
    }

    private mutating func take(line: ArraySlice<UInt8>, into events: inout [ServerSentEvent]) {
        guard !line.isEmpty else { return self.dispatch(into: &events) }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        var value = colon < line.endIndex ? line[(colon + 1)...] : []
        if value.first == 0x20 { value = value.dropFirst() }
        let name = line[..<colon]
        if name.elementsEqual("data".utf8) {
            self.data += value
            self.data.append(0x0A)
        } else if name.elementsEqual("event".utf8) {
            self.type = Array(value)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { self.lastEventID = String(decoding: value, as: UTF8.self) }
        } else if name.elementsEqual("retry".utf8) {
            if !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) {
                self.retry = Int(String(decoding: value, as: UTF8.self)) ?? self.retry
            }
        }
        // A comment has an empty name; unknown fields are ignored too.
    }

    private mutating func dispatch(into events: inout [ServerSentEvent]) {
        defer {
            self.data = []
            self.type = []
        }
        guard !self.data.isEmpty else { return }
        self.data.removeLast()
        events.append(
            ServerSentEvent(
                event: self.type.isEmpty ? "message" : String(decoding: self.type, as: UTF8.self), bytes: self.data,
                id: self.lastEventID, retry: self.retry))
    }
}
