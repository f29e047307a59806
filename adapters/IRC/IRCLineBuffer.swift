/// Splits a byte stream into lines at LF, with or without CR before it.
///
/// A line over the limit is cut there and the rest is discarded up to the next LF, which bounds the memory that a
/// hostile or broken server can use.
package struct IRCLineBuffer {
    /// Maximum bytes of one line: 8,191 of tags and, if `LINELEN` is raised, as many of text.
    package static let defaultLimit = 16_384

    private var bytes: [UInt8] = []
    private var position = 0
    /// Up to where there is no LF: a line that arrives in single bytes is looked through once.
    private var searched = 0
    private var isDiscarding = false
    private let limit: Int

    package init(limit: Int = Self.defaultLimit) {
        self.limit = limit
    }

    package mutating func append(_ chunk: [UInt8]) {
        if self.position == self.bytes.count {
            self.bytes = chunk
            self.searched = 0
        } else {
            self.bytes.removeFirst(self.position)
            self.searched -= self.position
            self.bytes.append(contentsOf: chunk)
        }
        self.position = 0
    }

    /// The next non-empty line without its line break; nil until more bytes arrive.
    package mutating func next() -> ArraySlice<UInt8>? {
        while self.position < self.bytes.count {
            let rest = self.bytes[self.position...]
            guard let end = rest[max(self.searched, self.position)...].firstIndex(of: 0x0A) else {
                self.searched = self.bytes.count
                return self.cutOverlong(rest)
            }
            self.position = end + 1
            self.searched = end + 1
            if self.isDiscarding {
                self.isDiscarding = false
                continue
            }
            var line = rest[..<end]
            while line.last == 0x0D { line.removeLast() }
            if line.count > self.limit { line = IRCText.droppingCutCharacter(line.prefix(self.limit)) }
            if !line.isEmpty { return line }
        }
        return nil
    }

    /// The part of a line that has arrived; nil within a line that is cut.
    package var rest: [UInt8]? { self.isDiscarding ? nil : Array(self.bytes[self.position...]) }

    private mutating func cutOverlong(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard self.isDiscarding || rest.count > self.limit else { return nil }
        let wasDiscarding = self.isDiscarding
        self.isDiscarding = true
        self.position = self.bytes.count
        return wasDiscarding ? nil : IRCText.droppingCutCharacter(rest.prefix(self.limit))
    }
}
