internal import Primitives

/// Assembles the tool calls of a response, by their index in the output. Pure.
struct ResponsesCalls: Sendable {
    /// More than any model calls at once; bounds what a peer can make us store.
    private static let maximumCalls = 128

    private var entries: [(place: Int, call: ToolCall)] = []
    private var bytes = 0

    /// The arguments are longer than ``ToolCallAssembly/maximumBytes``: the answer must end.
    var isTooLong: Bool { self.bytes > ToolCallAssembly.maximumBytes }

    func has(_ place: Int) -> Bool { self.entries.contains { $0.place == place } }

    /// Begins a call, or updates one that has begun.
    mutating func begin(id: String?, name: String?, arguments: String?, at place: Int) {
        let id = id?.beginning(bytes: ToolCallAssembly.maximumID)
        let name = name?.beginning(bytes: ToolCallAssembly.maximumName)
        if let index = self.index(of: place) {
            if self.entries[index].call.name.isEmpty { self.entries[index].call.name = name ?? "" }
            // The id that results refer to may come late; the last one counts.
            if let id, !id.isEmpty { self.entries[index].call.id = id }
            return
        }
        guard self.entries.count < Self.maximumCalls else { return }
        self.bytes += arguments?.utf8.count ?? 0
        self.entries.append((place, ToolCall(id: id ?? "", name: name ?? "", arguments: arguments ?? "")))
    }

    mutating func append(_ piece: String, at place: Int) {
        self.bytes += piece.utf8.count
        if !self.isTooLong, let index = self.index(of: place) { self.entries[index].call.arguments += piece }
    }

    /// Replaces the pieces by the whole arguments.
    mutating func complete(_ arguments: String?, at place: Int) {
        guard let arguments, !arguments.isEmpty, let index = self.index(of: place) else { return }
        self.bytes += max(0, arguments.utf8.count - self.entries[index].call.arguments.utf8.count)
        if !self.isTooLong { self.entries[index].call.arguments = arguments }
    }

    func finished() -> [ToolCall] {
        ToolCallAssembly.finished(self.entries.sorted { $0.place < $1.place }.map(\.call))
    }

    private func index(of place: Int) -> Int? { self.entries.lastIndex { $0.place == place } }
}
