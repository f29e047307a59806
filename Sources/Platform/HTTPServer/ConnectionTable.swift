internal import EventLoop

/// The open connections by the numbers of their descriptors: the kernel gives the lowest free one, so there are few holes.
@Net
struct ConnectionTable {
    private var slots: [HTTPConnection?] = []
    private(set) var count = 0

    var isEmpty: Bool { self.count == 0 }
    var all: [HTTPConnection] { self.slots.compactMap { $0 } }

    /// A connection's place must be free.
    mutating func add(_ connection: HTTPConnection) {
        let place = Int(connection.number)
        while self.slots.count <= place { self.slots.append(nil) }
        self.slots[place] = connection
        self.count += 1
    }

    mutating func remove(_ connection: HTTPConnection) {
        let place = Int(connection.number)
        guard self.slots.indices.contains(place), self.slots[place] === connection else { return }
        self.slots[place] = nil
        self.count -= 1
    }
}
