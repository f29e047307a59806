/// Puts the tool calls of a response together, by their place in the output. Pure.
struct ResponsesCalls: Sendable {
    /// More than any model asks for at once; a peer cannot make us keep more.
    private static let maximumCalls = 128

    private var entries: [(place: Int, call: ToolCall)] = []

    func has(_ place: Int) -> Bool { self.entries.contains { $0.place == place } }

    /// Begins a call, or tells more about one that has begun.
    mutating func begin(id: String?, name: String?, arguments: String?, at place: Int) {
        if let index = self.index(of: place) {
            if self.entries[index].call.name.isEmpty { self.entries[index].call.name = name ?? "" }
            // The id that results are given under may come late; it is the last one that counts.
            if let id, !id.isEmpty { self.entries[index].call.id = id }
            return
        }
        guard self.entries.count < Self.maximumCalls else { return }
        self.entries.append((place, ToolCall(id: id ?? "", name: name ?? "", arguments: arguments ?? "")))
    }

    mutating func append(_ piece: String, at place: Int) {
        if let index = self.index(of: place) { self.entries[index].call.arguments += piece }
    }

    /// The whole arguments, which replace the pieces.
    mutating func complete(_ arguments: String?, at place: Int) {
        guard let arguments, !arguments.isEmpty, let index = self.index(of: place) else { return }
        self.entries[index].call.arguments = arguments
    }

    func finished() -> [ToolCall] {
        self.entries.sorted { $0.place < $1.place }.enumerated().compactMap { number, entry in
            guard !entry.call.name.isEmpty else { return nil }
            var call = entry.call
            if call.id.isEmpty { call.id = "call_\(number + 1)" }
            if call.arguments.utf8.allSatisfy({ $0 <= 0x20 }) { call.arguments = "{}" }
            return call
        }
    }

    private func index(of place: Int) -> Int? { self.entries.lastIndex { $0.place == place } }
}
