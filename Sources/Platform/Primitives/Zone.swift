/// A time zone of the system's database (package tzdata), such as `Europe/Berlin`.
package struct Zone: Sendable, Equatable {
    package let name: String
    /// From when, in milliseconds since 1970, the local time differs from UTC by how many milliseconds; oldest first.
    private let changes: [(at: Int64, offset: Int64)]
    private let first: Int64

    package static let utc = Zone(name: "UTC", changes: [], first: 0)

    private init(name: String, changes: [(at: Int64, offset: Int64)], first: Int64) {
        self.name = name
        self.changes = changes
        self.first = first
    }

    /// Nil if the system does not know the name.
    package init?(_ name: String, database: String = "/usr/share/zoneinfo") {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            part.first?.isLetter == true
                && part.utf8.allSatisfy { byte in
                    byte != UInt8(ascii: ".") && byte > 0x20 && byte < 0x7F
                }
        }
        guard name.utf8.count <= 64, isName else { return nil }
        if ["UTC", "Z", "Etc/UTC"].contains(name) {
            self = .utc
            return
        }
        // The largest file has 4 KB.
        guard let bytes = FileDescriptor.contents(of: "\(database)/\(name)", upTo: 1 << 16),
            let (changes, first) = Self.parse(bytes)
        else { return nil }
        self.init(name: name, changes: changes, first: first)
    }

    package static func == (one: Zone, other: Zone) -> Bool { one.name == other.name }

    // MARK: The calendar

    /// What the local time is ahead of UTC at a moment. All times here are milliseconds, moments those since 1970.
    package func offset(at moment: Int64) -> Int64 {
        var (low, high) = (0, self.changes.count)
        while low < high {
            let middle = (low + high) / 2
            if self.changes[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? self.first : self.changes[low - 1].offset
    }

    /// Where the offset changes between two moments.
    package func changes(from start: Int64, to end: Int64) -> [Int64] {
        self.changes.map(\.at).filter { $0 > start && $0 < end }
    }

    /// The fields of local time at a moment.
    package func local(_ moment: Int64) -> CivilTime {
        CivilTime(milliseconds: moment + self.offset(at: moment))
    }

    /// The local day of a moment, counted from 1970.
    package func day(of moment: Int64) -> Int64 { Self.days(moment + self.offset(at: moment)) }

    /// The moment of a local time, given as if it were UTC. A time that occurs twice is the first one; one that a change
    /// leaves out is as much later as the clock is put forward.
    package func moment(ofLocal local: Int64) -> Int64 {
        let (before, after) = (self.offset(at: local - 86_400_000), self.offset(at: local + 86_400_000))
        if self.offset(at: local - before) == before { return local - before }
        return self.offset(at: local - after) == after ? local - after : local - before
    }

    /// The moment at which a local day begins.
    package func start(ofDay day: Int64) -> Int64 { self.moment(ofLocal: day * 86_400_000) }

    private static func days(_ time: Int64) -> Int64 {
        let (days, rest) = time.quotientAndRemainder(dividingBy: 86_400_000)
        return rest < 0 ? days - 1 : days
    }

    // MARK: The file

    /// RFC 8536, version 2 or later. Debian's files list the changes up to 2037; later ones keep the last offset.
    private static func parse(_ bytes: [UInt8]) -> (changes: [(at: Int64, offset: Int64)], first: Int64)? {
        func number(_ place: Int, _ size: Int) -> Int64 {
            let value = bytes[place..<place + size].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : value
        }
        /// The numbers of leap seconds, changes, types and characters, and where the data after the header begins.
        func header(_ place: Int) -> (leaps: Int, changes: Int, types: Int, characters: Int, marks: Int, data: Int)? {
            guard bytes.count >= place + 44, bytes[place..<place + 4].elementsEqual("TZif".utf8) else { return nil }
            let counts = (0..<6).map { Int(number(place + 20 + 4 * $0, 4)) }
            guard counts.allSatisfy({ 0...65_536 ~= $0 }) else { return nil }
            return (counts[2], counts[3], counts[4], counts[5], counts[0] + counts[1], place + 44)
        }
        guard bytes.count > 44, bytes[4] >= UInt8(ascii: "2"), let old = header(0) else { return nil }
        // The first block has the same in 32 bits.
        let second = old.data + old.changes * 5 + old.types * 6 + old.characters + old.leaps * 8 + old.marks
        guard let new = header(second), new.types > 0 else { return nil }
        let kinds = new.data + new.changes * 8
        let types = kinds + new.changes
        guard bytes.count >= types + new.types * 6 else { return nil }
        let offsets = (0..<new.types).map { number(types + 6 * $0, 4) * 1_000 }
        var changes: [(at: Int64, offset: Int64)] = []
        for index in 0..<new.changes {
            let kind = Int(bytes[kinds + index])
            guard kind < offsets.count else { return nil }
            changes.append((number(new.data + 8 * index, 8) &* 1_000, offsets[kind]))
        }
        return (changes, offsets[0])
    }
}
