internal import JSON

/// Puts tool calls together from their fragments. Pure.
///
/// The id comes with the first fragment only; the index may be missing, or 0 for every call. So: an id that differs
/// from the current one begins a call; a fragment without id belongs to the call with its index, else to the last.
struct ToolCallAssembly: Sendable {
    /// More than any model asks for at once; a peer cannot make us keep more.
    private static let maximumCalls = 128

    private struct Entry: Sendable {
        var index: Int?
        var call: ToolCall
    }

    private var entries: [Entry] = []

    mutating func receive(index: Int?, id: String?, name: String?, arguments: String?) {
        var place = self.place(index: index, id: id)
        // Some endpoints give whole calls with neither id nor index: nothing can follow a whole object.
        if let known = place, (id ?? "").isEmpty, name != nil, arguments?.isEmpty == false,
            self.entries[known].call.arguments.utf8.last == UInt8(ascii: "}"),
            (try? JSON.parse(self.entries[known].call.arguments)) != nil
        {
            place = nil
        }
        place = place ?? self.begin(index: index, id: id)
        guard let place else { return }
        // The name may come again with later fragments: it is whole each time.
        if let name, !name.isEmpty, self.entries[place].call.name.isEmpty { self.entries[place].call.name = name }
        if let arguments { self.entries[place].call.arguments += arguments }
    }

    /// The calls; empty arguments are an empty object, and every call has an id to answer to.
    func finished() -> [ToolCall] {
        self.entries.enumerated().compactMap { number, entry in
            guard !entry.call.name.isEmpty else { return nil }
            var call = entry.call
            if call.id.isEmpty { call.id = "call_\(number + 1)" }
            if call.arguments.utf8.allSatisfy({ $0 <= 0x20 }) { call.arguments = "{}" }
            return call
        }
    }

    private func place(index: Int?, id: String?) -> Int? {
        if let id, !id.isEmpty { return self.entries.lastIndex { $0.call.id == id } }
        if let index, let place = self.entries.lastIndex(where: { $0.index == index }) { return place }
        // An index that was not seen yet begins a call, even without an id.
        return index == nil ? self.entries.indices.last : nil
    }

    private mutating func begin(index: Int?, id: String?) -> Int? {
        guard self.entries.count < Self.maximumCalls else { return nil }
        self.entries.append(Entry(index: index, call: ToolCall(id: id ?? "", name: "", arguments: "")))
        return self.entries.count - 1
    }
}
