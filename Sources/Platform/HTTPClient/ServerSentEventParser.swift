/// Splits the bytes of an event stream into events, by the rules of the WHATWG's HTML standard §9.2.6. Pure; the bytes
/// may be cut anywhere.
///
/// Lines are kept as bytes until they are whole, so that a cut inside a character or between CR and LF does nothing.
package struct ServerSentEventParser: Sendable {
    /// An event longer than the limit; the stream can't be followed from there.
    package struct TooLong: Error, Sendable, Hashable, CustomStringConvertible {
        package let limit: Int
        package var description: String { "an event of the stream is longer than \(limit) bytes" }
    }

    private enum Start { case stream, secondByte, thirdByte, passed }

    /// The id to send as `Last-Event-ID` when connecting again.
    package private(set) var lastEventID = ""
    /// The stream's wish for how long to wait before connecting again, in milliseconds.
    package private(set) var retry: Int?

    private let limit: Int
    private var start = Start.stream
    private var line: [UInt8] = []
    /// The byte before was a CR: an LF that follows belongs to it.
    private var endedInCR = false
    private var data: [UInt8] = []
    private var type: [UInt8] = []

    /// - Parameter limit: The most bytes that one event's lines may hold together.
    package init(maximumEventBytes limit: Int = 1024 * 1024) {
        self.limit = limit
    }

    /// Takes the next bytes and gives the events that they complete. What is left at the end of the stream is no event.
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

    /// How many of `bytes` belong to one U+FEFF at the start of the stream; its bytes may come one by one.
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
            // Kept for the case that the mark doesn't go on.
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
        // A comment's name is empty; others are unknown and ignored.
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
