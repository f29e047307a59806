internal import JSON

/// Assigns the fragments of tool calls in chunks to calls. Pure.
///
/// Only the first fragment of a call has an id. Upstreams may omit the index, or use 0 for all calls, and some send
/// whole calls without ids.
struct ChatCalls: Sendable {
    private struct Call: Sendable {
        let index: Int?
        var id: String
        var name: String
        /// Arguments that came before the name.
        var early = ""
        /// The call's number among those that have begun.
        var number: Int?
        var hasArguments = false
        var balance = ArgumentsBalance()
    }

    /// More than any model calls at once; bounds what a peer can make us store.
    static let limit = 256
    private static let earlyLimit = 1 << 20

    private var calls: [Call] = []
    /// Where the call with an id is. Ids are compared by their bytes: whether their characters are equivalent takes much
    /// longer to tell.
    private var places: [[UInt8]: Int] = [:]
    private var begun = 0
    /// The bytes of all arguments and ids that came before their names.
    private var early = 0
    private(set) var fault: AnswerFault?

    var isEmpty: Bool { self.begun == 0 }

    mutating func take(_ fragment: JSON, answer: String) -> [AnswerPart] {
        let function = fragment.value("function") ?? .null
        let id = fragment.text("id")
        let arguments = ChatDelta.arguments(function)
        let place: Int
        if let found = self.place(id: id, index: fragment["index"]?.intValue, name: function.text("name")),
            id != nil || !self.isAnother(function.text("name"), arguments, than: self.calls[found])
        {
            place = found
        } else {
            guard self.calls.count < Self.limit else {
                self.fault = .tooManyCalls
                return []
            }
            self.calls.append(Call(index: fragment["index"]?.intValue, id: "", name: ""))
            place = self.calls.count - 1
        }
        if self.calls[place].name.isEmpty { self.calls[place].name = function.text("name") ?? "" }
        if let id, self.calls[place].id.isEmpty {
            if self.calls[place].name.isEmpty { self.early += id.utf8.count }
            self.identify(place, by: id)
        }
        self.calls[place].balance.feed(arguments)
        return self.advance(place, arguments, answer: answer)
    }

    private mutating func identify(_ place: Int, by id: String) {
        self.calls[place].id = id
        self.places[Array(id.utf8)] = place
    }

    /// Whether a fragment without an id begins another call: the call before it is complete, and it is not just the
    /// name again.
    private func isAnother(_ name: String?, _ arguments: String, than call: Call) -> Bool {
        guard let name, !call.name.isEmpty, call.balance.isComplete else { return false }
        return !arguments.isEmpty || !name.utf8.elementsEqual(call.name.utf8)
    }

    /// The call that the fragment continues.
    private func place(id: String?, index: Int?, name: String?) -> Int? {
        if let id, let place = self.places[Array(id.utf8)] { return place }
        let last = index == nil ? self.calls.indices.last : self.calls.lastIndex { $0.index == index }
        guard let last else { return index != nil && id == nil && name == nil ? self.calls.indices.last : nil }
        // Another id is another call, even at the same index.
        return id == nil || self.calls[last].id.isEmpty ? last : nil
    }

    private mutating func advance(_ place: Int, _ arguments: String, answer: String) -> [AnswerPart] {
        var parts: [AnswerPart] = []
        // In place: with a copy of the call beside it, each fragment would copy all early arguments.
        if self.calls[place].number == nil {
            guard !self.calls[place].name.isEmpty else {
                self.early += arguments.utf8.count
                if self.early > Self.earlyLimit {
                    self.fault = .tooLong("a tool call without a name")
                } else {
                    self.calls[place].early += arguments
                }
                return []
            }
            let number = self.begun
            self.calls[place].number = number
            self.begun += 1
            if self.calls[place].id.isEmpty { self.identify(place, by: AnswerID.call(answer, number)) }
            parts.append(.call(number, id: self.calls[place].id, name: self.calls[place].name))
        }
        let text = self.calls[place].early + arguments
        self.calls[place].early = ""
        if let number = self.calls[place].number, !text.isEmpty {
            if !self.calls[place].hasArguments { self.calls[place].hasArguments = text.utf8.contains { $0 > 0x20 } }
            parts.append(.arguments(number, text))
        }
        return parts
    }

    /// Calls without parameters may have come without arguments, which the other forms require.
    var missingArguments: [AnswerPart] {
        self.calls.compactMap { call in
            guard let number = call.number, !call.hasArguments else { return nil }
            return .arguments(number, "{}")
        }
    }
}

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
