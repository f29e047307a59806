import Crypto
import Objects
import TestSupport
import Testing

/// What every object store does.
struct StoreContract {
    let store: any ObjectStore

    static func noise(_ count: Int) -> [UInt8] { randomBytes(count) }

    func text(_ key: String) async throws -> String? {
        guard let bytes = try await self.store.get(key) else { return nil }
        return String(decoding: try await bytes.collect(upTo: 1 << 20), as: UTF8.self)
    }

    func keys(below prefix: String) async throws -> [String] {
        var keys: [String] = []
        for try await object in self.store.objects(below: prefix) { keys.append(object.key) }
        return keys
    }

    /// - Parameter pageSize: More objects than this are listed in several pages.
    func hold(pageSize: Int) async throws {
        try await self.objects()
        try await self.conditions()
        try await self.ranges()
        try await self.listing(pageSize: pageSize)
        try await self.store.probe()
        #expect(try await self.keys(below: "probe/").isEmpty)
    }

    private func objects() async throws {
        let key = "files/abc/1-2 ünïcode & <odd> 'name'+~.txt"
        try await expectEqual(self.text(key), nil)
        try await expectEqual(self.store.facts(of: key), nil)
        try await self.store.put(ObjectContent(Array("one".utf8)), at: key)
        try await self.store.put(ObjectContent(Array("three".utf8)), at: key)
        try await expectEqual(self.text(key), "three")
        let facts = try #require(try await self.store.facts(of: key))
        #expect(facts.key == key && facts.size == 5 && facts.modified > 1_700_000_000_000)
        try await expectEqual(self.keys(below: "files/abc/1-2 ün"), [key])
        #expect(try await self.store.copy(key, to: "files/abc/copy"))
        try await expectEqual(self.text("files/abc/copy"), "three")
        #expect(try await !self.store.copy("files/abc/none", to: "files/abc/copy"))
        try await self.store.delete(key)
        try await self.store.delete(key)
        try await expectEqual(self.text(key), nil)
        try await self.store.put(ObjectContent([]), at: "files/abc/empty")
        try await expectEqual(self.text("files/abc/empty")?.isEmpty, true)
        try await self.store.deleteAll(below: "files/abc/")
        #expect(try await self.keys(below: "").isEmpty)
    }

    private func conditions() async throws {
        #expect(try await self.store.put(ObjectContent([1]), at: "a/once", ifAbsent: true))
        #expect(try await !self.store.put(ObjectContent([2]), at: "a/once", ifAbsent: true))
        try await expectEqual(self.store.get("a/once")?.collect(upTo: 9), [1])
        // Of several at once, one wins.
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 as Range<UInt8> {
                group.addTask { try await self.store.put(ObjectContent([number]), at: "a/race", ifAbsent: true) }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        expectEqual(wins, 1)
        try await self.store.deleteAll(below: "a/")
        for key in [
            "", "/a", "a/", "a//b", "../a", "a/../b", "a/.b", ".", "a\nb", "a/" + String(repeating: "x", count: 256),
        ] {
            await #expect(throws: ObjectStoreError.self, "\(key)") {
                try await self.store.put(ObjectContent([]), at: key)
            }
            await #expect(throws: ObjectStoreError.self, "\(key)") { _ = try await self.store.get(key) }
        }
    }

    private func ranges() async throws {
        let bytes = Self.noise(3_000_000)
        try await self.store.put(ObjectContent(bytes), at: "large")
        var pieces = 0
        var read: [UInt8] = []
        for try await piece in try #require(try await self.store.get("large")) {
            pieces += 1
            read += piece
        }
        #expect(read == bytes && pieces > 1)
        let part = try #require(try await self.store.get("large", range: 1_000..<2_001_000))
        expectEqual(part.size, bytes.count)
        try await expectEqual(part.collect(upTo: 3_000_000), Array(bytes[1_000..<2_001_000]))
        let end = try #require(try await self.store.get("large", range: 2_999_990..<4_000_000))
        try await expectEqual(end.collect(upTo: 100), Array(bytes.suffix(10)))
        let past = try #require(try await self.store.get("large", range: 5_000_000..<6_000_000))
        #expect(try await past.collect(upTo: 100).isEmpty)
        await #expect(throws: ObjectStoreError.self) { _ = try await self.store.get("large")?.collect(upTo: 1_000) }
        try await self.store.delete("large")
    }

    private func listing(pageSize: Int) async throws {
        let names =
            (0..<(2 * pageSize + 1)).map { "list/\($0 % 3)/\($0)" } + ["list/0.a", "list/0a", "list/0-", "other"]
        for name in names { try await self.store.put(ObjectContent(Array(name.utf8)), at: name) }
        // In the order of bytes, not of folders: `.` and `-` come before the slash.
        let sorted = names.filter { $0.hasPrefix("list/") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        try await expectEqual(self.keys(below: "list/"), sorted)
        try await expectEqual(self.keys(below: "list/1/1"), sorted.filter { $0.hasPrefix("list/1/1") })
        try await expectEqual(self.keys(below: "lis"), sorted)
        #expect(try await self.keys(below: "none/").isEmpty)
        let page = try await self.store.page(below: "list/", after: nil)
        #expect(page.objects.count == pageSize && page.next != nil)
        try await self.store.deleteAll(below: "list/")
        try await expectEqual(self.keys(below: ""), ["other"])
        try await self.store.delete("other")
    }
}
