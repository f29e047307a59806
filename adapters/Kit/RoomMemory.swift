internal import Primitives

/// The newest messages of rooms, in memory only, for networks that cannot be asked what was said.
///
/// Bounded in messages per place, places and bytes; beyond that, the place that has been silent the longest is forgotten.
package struct RoomMemory<Place: Hashable & Sendable, Line: Sendable>: Sendable {
    /// A message and what it takes.
    package struct Entry: Sendable {
        /// The network's id; several messages that became one question share it. Nil if the network gave none.
        package let id: String?
        package var line: Line
        /// In bytes.
        package var size: Int

        package init(id: String?, line: Line, size: Int) {
            self.id = id
            self.line = line
            self.size = size
        }

        fileprivate func has(_ id: String) -> Bool { self.id?.hasBytes(of: id) == true }
    }

    private struct Room: Sendable {
        var entries: [Entry] = []
        var size = 0
        /// The number of the last use.
        var used = 0
    }

    private let lineLimit: Int
    private let placeLimit: Int
    private let byteLimit: Int
    private var rooms: [Place: Room] = [:]
    private var uses = 0
    /// Bytes of all messages.
    package private(set) var size = 0

    package init(lines: Int = 50, places: Int = 1_000, bytes: Int = 20 << 20) {
        self.lineLimit = lines
        self.placeLimit = places
        self.byteLimit = bytes
    }

    package var places: some Collection<Place> { self.rooms.keys }

    package func count(in place: Place) -> Int { self.rooms[place]?.entries.count ?? 0 }

    package func has(_ id: String, in place: Place) -> Bool {
        self.rooms[place]?.entries.contains { $0.has(id) } == true
    }

    /// Adds a message that was said last.
    package mutating func note(_ line: Line, id: String?, size: Int, in place: Place) {
        self.change(place) { $0.entries.append(Entry(id: id, line: line, size: size)) }
    }

    /// Adds messages from before those that are known, oldest first, without those that are known.
    package mutating func precede(_ entries: [Entry], in place: Place) {
        self.change(place) { room in
            let new = entries.filter { entry in
                entry.id.map { id in !room.entries.contains { $0.has(id) } } ?? true
            }
            room.entries = new + room.entries
        }
    }

    /// Changes the message with this id, and says how many bytes it has then.
    package mutating func update(_ id: String, in place: Place, _ body: (inout Line) -> Int) {
        guard self.has(id, in: place) else { return }
        self.change(place) { room in
            guard let index = room.entries.firstIndex(where: { $0.has(id) }) else { return }
            room.entries[index].size = body(&room.entries[index].line)
        }
    }

    /// Gives a message another id, also in itself.
    package mutating func rename(_ id: String, to new: String, in place: Place, _ body: (inout Line) -> Void) {
        guard let index = self.rooms[place]?.entries.firstIndex(where: { $0.has(id) }),
            let entry = self.rooms[place]?.entries[index]
        else { return }
        var line = entry.line
        body(&line)
        self.rooms[place]?.entries[index] = Entry(id: new, line: line, size: entry.size)
    }

    package mutating func remove(_ id: String, in place: Place) {
        guard self.rooms[place] != nil else { return }
        self.change(place) { room in room.entries.removeAll { $0.has(id) } }
    }

    package mutating func forget(where isMeant: (Place) -> Bool) {
        for place in self.rooms.keys.filter(isMeant) { self.forget(place) }
    }

    /// The messages between two ids, oldest first: before the first message with `before`, or none if that is unknown;
    /// after the last one with `after`, if that is known.
    package func lines(in place: Place, before: String?, after: String?) -> [Line] {
        guard var entries = self.rooms[place]?.entries[...] else { return [] }
        if let before {
            guard let end = entries.firstIndex(where: { $0.has(before) }) else { return [] }
            entries = entries[..<end]
        }
        if let after, let last = entries.lastIndex(where: { $0.has(after) }) { entries = entries[(last + 1)...] }
        return entries.map(\.line)
    }

    // MARK: Bounds

    private mutating func change(_ place: Place, _ body: (inout Room) -> Void) {
        self.uses += 1
        // In place: copying all messages for each new one would fragment the heap.
        self.size += Self.change(&self.rooms[place, default: Room()], limit: self.lineLimit, use: self.uses, body)
        while self.rooms.count > self.placeLimit || (self.size > self.byteLimit && self.rooms.count > 1) {
            guard let quietest = self.rooms.min(by: { $0.value.used < $1.value.used })?.key else { return }
            self.forget(quietest)
        }
    }

    /// Returns how many bytes more it has.
    private static func change(_ room: inout Room, limit: Int, use: Int, _ body: (inout Room) -> Void) -> Int {
        let before = room.size
        body(&room)
        room.entries.removeFirst(max(0, room.entries.count - limit))
        room.used = use
        room.size = room.entries.reduce(0) { $0 + $1.size }
        return room.size - before
    }

    private mutating func forget(_ place: Place) {
        self.size -= self.rooms.removeValue(forKey: place)?.size ?? 0
    }
}
