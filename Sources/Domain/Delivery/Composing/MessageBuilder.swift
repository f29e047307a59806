internal import Chat

/// Packs lines into messages for ``Composer``.
struct MessageBuilder {
    private let traits: RoomTraits
    private let limit: Int
    private var messages: [String] = []
    private var current: [UInt8] = []
    private var size = 0
    private var frame: RenderedText.Frame?
    private var frameCost = 0

    init(traits: RoomTraits, limit: Int) {
        self.traits = traits
        self.limit = limit
    }

    /// - Parameter cost: The size of the frame's markup with its line breaks.
    mutating func append(
        _ line: ArraySlice<UInt8>, size: Int, frame: RenderedText.Frame?, cost: Int, startsBlock: Bool
    ) {
        if !self.traits.isMultiline {
            self.messages.append(String(decoding: line, as: UTF8.self))
            return
        }
        let closing = frame == self.frame ? 0 : self.frameCost + cost
        if !self.current.isEmpty, self.size + 1 + size + closing + cost > self.limit { self.flush() }
        self.enter(frame, cost: cost)
        if !self.current.isEmpty { self.add([UInt8(ascii: "\n")]) }
        self.current += line
        self.size += size
    }

    mutating func finish() -> [String] {
        self.flush()
        return self.messages
    }

    private mutating func enter(_ frame: RenderedText.Frame?, cost: Int) {
        guard frame != self.frame else { return }
        self.leave()
        guard let frame else { return }
        if !self.current.isEmpty { self.add([UInt8(ascii: "\n")]) }
        self.add(frame.open)
        self.frame = frame
        self.frameCost = cost
    }

    private mutating func leave() {
        // A frame without closing markup (a table's head) ends with its last line.
        if let open = self.frame, !self.current.isEmpty, !open.close.isEmpty {
            self.add([UInt8(ascii: "\n")] + open.close)
        }
        self.frame = nil
        self.frameCost = 0
    }

    private mutating func flush() {
        self.leave()
        // Blank lines at the ends of a message have no meaning.
        let text = String(decoding: self.current, as: UTF8.self)
        if !text.allSatisfy(\.isWhitespace) { self.messages.append(text.trimmingBlankLines) }
        self.current = []
        self.size = 0
    }

    private mutating func add(_ bytes: [UInt8]) {
        self.current += bytes
        self.size += TextMeasure.size(of: bytes[...], unit: self.traits.textUnit)
    }
}

extension String {
    fileprivate var trimmingBlankLines: String {
        var text = self[...]
        while text.first?.isNewline == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
