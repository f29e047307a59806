internal import JSON
internal import Primitives

/// Assembles tool calls from their fragments. Pure.
///
/// Only the first fragment has the id; the index may be missing, or 0 for every call. So an id that differs from the
/// current one begins a call; a fragment without id belongs to the call with its index, else to the last.
struct ToolCallAssembly: Sendable {
    /// More than any model calls at once; bounds what a peer can make us store.
    private static let maximumCalls = 128
    /// The maximum bytes of all arguments together.
    static let maximumBytes = 1 << 20
    /// Bytes of a name; and of an id, in which some gateways put a signature that they need again.
    static let maximumName = 256
    static let maximumID = 16 << 10
    /// How often a call's arguments are parsed to see whether they are complete. Arguments that look so more often are
    /// those of one call: each time, all of them are read.
    private static let maximumLooks = 8

    private struct Entry: Sendable {
        var index: Int?
        var call: ToolCall
        var looks = 0
    }

    private var entries: [Entry] = []
    /// The entries with an id, by its bytes: ids that are equal only as Unicode sees it take long to compare.
    private var places: [[UInt8]: Int] = [:]
    private var bytes = 0

    /// The arguments and ids are longer than ``maximumBytes``: the answer must end.
    var isTooLong: Bool { self.bytes > Self.maximumBytes }

    /// The error of an answer whose tool calls are too long.
    static let tooLong = ModelError(
        .oversized,
        "The model called a tool with more than 1 MiB of arguments; ask again, or choose another model with "
            + "`model`.", cause: "the model called a tool with more than 1 MiB of arguments")

    /// Returns the number of the fragment's call among ``finished()``, from 0; nil for a call too many.
    @discardableResult
    mutating func receive(index: Int?, id: String?, name: String?, arguments: String?) -> Int? {
        let id = id?.beginning(bytes: Self.maximumID)
        var place = self.place(index: index, id: id)
        // Some endpoints send whole calls with neither id nor index: nothing can follow a complete object.
        if let known = place, (id ?? "").isEmpty, name != nil, arguments?.isEmpty == false,
            self.entries[known].call.arguments.utf8.last == UInt8(ascii: "}"), self.looksComplete(known)
        {
            place = nil
        }
        place = place ?? self.begin(index: index, id: id)
        guard let place else { return nil }
        // Later fragments may repeat the name; it is complete each time.
        if let name, !name.isEmpty, self.entries[place].call.name.isEmpty {
            self.entries[place].call.name = name.beginning(bytes: Self.maximumName)
        }
        guard let arguments else { return place }
        self.bytes += arguments.utf8.count
        if !self.isTooLong { self.entries[place].call.arguments += arguments }
        return place
    }

    func finished() -> [ToolCall] { Self.finished(self.entries.map(\.call)) }

    /// Those with a name; empty arguments become an empty object, and every call gets an id.
    static func finished(_ calls: [ToolCall]) -> [ToolCall] {
        calls.enumerated().compactMap { number, call in
            guard !call.name.isEmpty else { return nil }
            var call = call
            if call.id.isEmpty { call.id = "call_\(number + 1)" }
            if call.arguments.utf8.allSatisfy({ $0 <= 0x20 }) { call.arguments = "{}" }
            return call
        }
    }

    private mutating func looksComplete(_ place: Int) -> Bool {
        guard self.entries[place].looks < Self.maximumLooks else { return false }
        self.entries[place].looks += 1
        return (try? JSON.parse(self.entries[place].call.arguments)) != nil
    }

    private func place(index: Int?, id: String?) -> Int? {
        if let id, !id.isEmpty { return self.places[Array(id.utf8)] }
        if let index, let place = self.entries.lastIndex(where: { $0.index == index }) { return place }
        // A new index begins a call, even without an id.
        return index == nil ? self.entries.indices.last : nil
    }

    private mutating func begin(index: Int?, id: String?) -> Int? {
        guard self.entries.count < Self.maximumCalls else { return nil }
        if let id, !id.isEmpty {
            self.bytes += id.utf8.count
            self.places[Array(id.utf8)] = self.entries.count
        }
        self.entries.append(Entry(index: index, call: ToolCall(id: id ?? "", name: "", arguments: "")))
        return self.entries.count - 1
    }
}
