internal import JSON

/// Reads JSON without building a tree: a request's body may have megabytes. Pure.
///
/// It is as strict as the parser, whose cursor it uses. Only the text's encoding is not checked.
struct JSONScanner {
    // Copied before each use: its span would be a use of all of `self`.
    private let text: [UInt8]
    private var cursor: JSONCursor
    /// Nothing of the object or array that was entered last has been read.
    private var isAtFirst = false

    init(_ text: [UInt8], at position: Int = 0) {
        self.text = text
        self.cursor = JSONCursor(at: position)
    }

    var position: Int { self.cursor.position }

    /// Whether only white space is left.
    var isAtEnd: Bool {
        mutating get {
            let text = self.text
            self.cursor.skipSpace(text.span)
            return self.cursor.next(text.span) == nil
        }
    }

    // MARK: Objects and arrays

    /// Whether the next value is an object, which is then entered.
    mutating func enterObject() -> Bool { self.enter(UInt8(ascii: "{")) }

    /// Whether the next value is an array, which is then entered.
    mutating func enterArray() -> Bool { self.enter(UInt8(ascii: "[")) }

    private mutating func enter(_ bracket: UInt8) -> Bool {
        let text = self.text
        self.cursor.skipSpace(text.span)
        guard self.cursor.take(bracket, text.span) else { return false }
        self.isAtFirst = true
        return true
    }

    /// Goes to the next member's value. Returns where its name is, without the quotes, or leaves the object at its end.
    mutating func nextMember() throws(JSONError) -> Range<Int>? {
        defer { self.isAtFirst = false }
        let text = self.text
        return try self.cursor.nextMember(isFirst: self.isAtFirst, text.span)?.range
    }

    /// Goes to the next element. Returns false at the end of the array, which is left.
    mutating func nextElement() throws(JSONError) -> Bool {
        defer { self.isAtFirst = false }
        let text = self.text
        return try self.cursor.nextElement(isFirst: self.isAtFirst, text.span)
    }

    // MARK: Values

    /// Where the next value is, without its quotes and as it is written; nil if it is not a string.
    mutating func string() throws(JSONError) -> Range<Int>? {
        let text = self.text
        guard self.cursor.next(text.span) == UInt8(ascii: "\"") else { return nil }
        return try self.cursor.string(text.span).range
    }

    /// Skips a value of any depth, without recursion.
    mutating func skipValue() throws(JSONError) {
        /// For each open object or array: whether it is an object.
        var open: [Bool] = []
        let text = self.text
        repeat {
            if self.enterObject() {
                open.append(true)
            } else if self.enterArray() {
                open.append(false)
            } else {
                try self.cursor.skipScalar(text.span)
            }
            while let isObject = open.last {
                guard try isObject ? self.nextMember() == nil : !self.nextElement() else { break }
                open.removeLast()
            }
        } while !open.isEmpty
    }
}
