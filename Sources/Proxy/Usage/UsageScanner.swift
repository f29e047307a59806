internal import JSON

/// Finds the model and token usage in JSON or server-sent events as the bytes pass in pieces of any size. Pure.
///
/// It tracks only strings and nesting: JSON escapes quotes inside strings, so `"usage"` followed by a colon is a key. A
/// JSON string cannot contain a line feed, so a line feed resynchronises after other text between events, and a blank
/// line ends an event.
package struct UsageScanner: Sendable {
    private enum State {
        case outside
        case string(escaped: Bool)
        /// After a wanted key.
        case afterKey(Key)
        case afterColon(Key)
        /// Inside a collected value.
        case model(escaped: Bool)
        case usage(depth: Int, inString: Bool, escaped: Bool)
    }

    private enum Key { case model, usage }

    package private(set) var model: String?
    package private(set) var usage: AnswerTokens?

    private var state = State.outside
    /// The bytes of the current string so far, and which keys it may still be.
    private var length = 0
    private var mayBeModel = false
    private var mayBeUsage = false
    /// How many objects and arrays are open.
    private var depth = 0
    /// Nothing has come since the last line feed.
    private var isAtLineStart = false
    private var collected: [UInt8] = []

    private static let modelKey: [UInt8] = Array("model".utf8)
    private static let usageKey: [UInt8] = Array("usage".utf8)
    /// Longer model names and usage objects are ignored.
    private static let collectLimit = 4_096
    /// A wanted key is in an answer or event, or in the object that an event is about. Deeper ones are the model's own,
    /// such as a tool's arguments.
    private static let deepest = 2

    package init() {}

    /// Takes the next piece of the answer, split anywhere.
    package mutating func feed(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count {
                switch self.state {
                case .outside:
                    while index < bytes.count, bytes[index] != 0x22 {
                        self.pass(bytes[index])
                        index += 1
                    }
                    guard index < bytes.count else { return }
                    self.beginString()
                    index += 1
                case .string(escaped: true):
                    self.state = .string(escaped: false)
                    self.length += 1
                    index += 1
                case .string:
                    index = self.string(bytes, from: index)
                default:
                    self.value(bytes[index])
                    index += 1
                }
            }
        }
    }

    /// Takes a byte between strings.
    private mutating func pass(_ byte: UInt8) {
        switch byte {
        case 0x7B, 0x5B: self.depth += 1
        case 0x7D, 0x5D: self.depth = max(0, self.depth - 1)
        case 0x0A:
            if self.isAtLineStart { self.depth = 0 }
            self.isAtLineStart = true
            return
        case 0x0D: return
        default: break
        }
        self.isAtLineStart = false
    }

    private mutating func beginString() {
        self.isAtLineStart = false
        self.state = .string(escaped: false)
        self.length = 0
        self.mayBeModel = true
        self.mayBeUsage = true
    }

    /// Continues in a string; returns the position after the consumed bytes.
    private mutating func string(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x22 || byte == 0x5C || byte == 0x0A { break }
            let place = self.length + index - start
            if place < 5 {
                self.mayBeModel = self.mayBeModel && Self.modelKey[place] == byte
                self.mayBeUsage = self.mayBeUsage && Self.usageKey[place] == byte
            }
            index += 1
        }
        self.length += index - start
        guard index < bytes.count else { return index }
        switch bytes[index] {
        case 0x22: self.endString()
        case 0x5C:
            self.mayBeModel = false
            self.mayBeUsage = false
            self.state = .string(escaped: true)
        default:
            self.state = .outside
            self.isAtLineStart = true
        }
        return index + 1
    }

    private mutating func endString() {
        self.state =
            self.length != 5 || self.depth > Self.deepest
            ? .outside
            : self.mayBeUsage ? .afterKey(.usage) : self.mayBeModel ? .afterKey(.model) : .outside
    }

    private mutating func value(_ byte: UInt8) {
        switch self.state {
        case .outside, .string: break
        case .afterKey(let key):
            if byte == 0x3A { self.state = .afterColon(key) } else if !Self.isBlank(byte) { self.leave(at: byte) }
        case .afterColon(let key):
            if Self.isBlank(byte) { return }
            self.collected.removeAll(keepingCapacity: true)
            switch (key, byte) {
            case (.model, 0x22): self.state = .model(escaped: false)
            case (.usage, 0x7B):
                self.collected.append(byte)
                self.state = .usage(depth: 1, inString: false, escaped: false)
            default: self.leave(at: byte)
            }
        case .model(let escaped): self.collectModel(byte, escaped: escaped)
        case .usage(let depth, let inString, let escaped):
            self.collectUsage(byte, depth: depth, inString: inString, escaped: escaped)
        }
    }

    private mutating func leave(at byte: UInt8) {
        guard byte != 0x22 else { return self.beginString() }
        self.state = .outside
        self.pass(byte)
    }

    private mutating func collectModel(_ byte: UInt8, escaped: Bool) {
        if byte == 0x0A || self.collected.count >= Self.collectLimit {
            self.state = .outside
        } else if byte == 0x22, !escaped {
            self.state = .outside
            let name = String(decoding: self.collected, as: UTF8.self)
            if !name.isEmpty { self.model = name }
        } else {
            self.collected.append(byte)
            self.state = .model(escaped: byte == 0x5C && !escaped)
        }
    }

    private mutating func collectUsage(_ byte: UInt8, depth: Int, inString: Bool, escaped: Bool) {
        guard self.collected.count < Self.collectLimit else {
            // Skipped like any other part of the answer.
            self.depth += depth
            self.length = Self.collectLimit
            self.state = inString ? .string(escaped: escaped) : .outside
            return self.feed([byte])
        }
        self.collected.append(byte)
        if inString {
            let ends = byte == 0x22 && !escaped
            self.state = .usage(depth: depth, inString: !ends, escaped: byte == 0x5C && !escaped)
            return
        }
        switch byte {
        case 0x22: self.state = .usage(depth: depth, inString: true, escaped: false)
        case 0x7B, 0x5B: self.state = .usage(depth: depth + 1, inString: false, escaped: false)
        case 0x7D where depth > 1, 0x5D where depth > 1:
            self.state = .usage(depth: depth - 1, inString: false, escaped: false)
        case 0x7D:
            self.state = .outside
            if let found = try? JSON.parse(self.collected) {
                let usage = AnswerTokens(found)
                self.usage = self.usage.map { $0.merged(with: usage) } ?? usage
            }
        default: break
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}
