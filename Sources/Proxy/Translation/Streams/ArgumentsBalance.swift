/// Finds the end of a call's arguments, a JSON object that comes in pieces. Pure.
struct ArgumentsBalance: Sendable {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private(set) var isComplete = false

    mutating func feed(_ text: String) {
        for byte in text.utf8 {
            if self.isEscaped {
                self.isEscaped = false
            } else if self.isInString {
                if byte == UInt8(ascii: "\\") { self.isEscaped = true }
                if byte == UInt8(ascii: "\"") { self.isInString = false }
            } else {
                self.feed(outside: byte)
            }
        }
    }

    private mutating func feed(outside byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): self.depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            self.depth -= 1
            if self.depth == 0 { self.isComplete = true }
        default: break
        }
    }
}
