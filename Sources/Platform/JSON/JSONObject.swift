/// The members of a JSON object, in the order in which they were written.
///
/// The order matters only for output and iteration: two objects with the same members are equal. If a key repeats, the
/// last value wins, in the position of the first.
package struct JSONObject: Sendable {
    package typealias Member = (key: String, value: JSON)

    /// Up to this many members, a scan is faster than hashing.
    private static let scanLimit = 8

    private var members: [Member]
    private var places: [String: Int]?

    package init() {
        self.members = []
    }

    package init(members: some Sequence<(String, JSON)>) {
        self.init()
        for (key, value) in members { self[key] = value }
    }

    /// The members of a dictionary, sorted by key, so that the order is always the same.
    package init(dictionary: [String: JSON]) {
        self.init(members: dictionary.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    package var keys: [String] { self.members.map(\.key) }

    /// Setting nil removes the member.
    package subscript(key: String) -> JSON? {
        get { self.place(of: key).map { self.members[$0].value } }
        set {
            guard let newValue else { return self.remove(key) }
            self.set(key, newValue)
        }
    }

    /// Adds the members of `other`; its values win.
    package mutating func merge(_ other: JSONObject) {
        for (key, value) in other { self[key] = value }
    }

    private mutating func set(_ key: String, _ value: JSON) {
        if let place = self.place(of: key) {
            self.members[place].value = value
            return
        }
        self.places?[key] = self.members.count
        self.members.append((key, value))
        if self.places == nil, self.members.count > Self.scanLimit { self.index() }
    }

    private mutating func remove(_ key: String) {
        guard let place = self.place(of: key) else { return }
        self.members.remove(at: place)
        if self.places != nil { self.index() }
    }

    private mutating func index() {
        var places: [String: Int] = [:]
        places.reserveCapacity(self.members.count * 2)
        for (place, member) in self.members.enumerated() { places[member.key] = place }
        self.places = places
    }

    private func place(of key: String) -> Int? {
        if let places = self.places { return places[key] }
        return self.members.firstIndex { $0.key == key }
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { self.members.count }
    package subscript(position: Int) -> Member { self.members[position] }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        return left.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        // A sum, because it does not depend on the order.
        var sum = 0
        for (key, value) in self.members {
            var member = Hasher()
            member.combine(key)
            member.combine(value)
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) { self.init(members: elements) }
}
