/// Keeps objects: bytes under a key such as `files/abc/photo.png`, see ``ObjectKeys``.
///
/// Every method throws ``ObjectStoreError`` or `CancellationError`.
package protocol ObjectStore: Sendable {
    /// For people: the directory, or the bucket and its server.
    var name: String { get }

    /// Where an object is, for people: its path, or `s3://BUCKET/KEY`.
    func place(of key: String) -> String

    /// Stores an object, durable when this returns, in place of one that exists. With `ifAbsent`, one that exists stays,
    /// and the result is false.
    @discardableResult
    func put(_ content: ObjectContent, at key: String, ifAbsent: Bool) async throws -> Bool

    /// An object's bytes, or those in `range` as far as it reaches; nil if there is no such object.
    func get(_ key: String, range: Range<Int>?) async throws -> ObjectBytes?

    /// Nil if there is no such object.
    func facts(of key: String) async throws -> ObjectFacts?

    /// Some of the objects whose keys begin with `prefix`, in the order of their keys' bytes.
    ///
    /// - Parameter token: Of the page before; nil for the first one.
    func page(below prefix: String, after token: String?) async throws -> ObjectPage

    /// Copies an object within the store; false if there is no such object.
    func copy(_ key: String, to other: String) async throws -> Bool

    /// Deletes an object, if there is one.
    func delete(_ key: String) async throws
}

/// What is known about an object without reading it.
package struct ObjectFacts: Sendable, Equatable {
    package let key: String
    /// Bytes, up to ``largest``.
    package let size: Int
    /// Milliseconds since 1970, by the store's clock; as nanoseconds, they fit 64 bits.
    package let modified: Int64

    static let largest = 1 << 50
    /// In the year 2242; the earliest is in 1697.
    private static let latest: Int64 = 8_600_000_000_000

    /// A store may give any size and time, so both are clamped.
    init(key: String, size: Int, modified: Int64) {
        self.key = key
        self.size = min(max(size, 0), Self.largest)
        self.modified = min(max(modified, -Self.latest), Self.latest)
    }
}

/// A part of a listing.
package struct ObjectPage: Sendable, Equatable {
    package var objects: [ObjectFacts] = []
    /// For the page that follows; nil at the end.
    package var next: String?

    /// About what its objects take in memory, in bytes.
    var weight: Int { self.objects.reduce(0) { $0 + $1.key.utf8.count + 64 } }
}

extension ObjectStore {
    /// Stores an object, in place of one that exists.
    package func put(_ content: ObjectContent, at key: String) async throws {
        try await self.put(content, at: key, ifAbsent: false)
    }

    /// An object's bytes; nil if there is no such object.
    package func get(_ key: String) async throws -> ObjectBytes? { try await self.get(key, range: nil) }

    /// The objects whose keys begin with `prefix`, in the order of their keys' bytes, a page at a time as they are read.
    package func objects(below prefix: String) -> ObjectListing { ObjectListing(store: self, prefix: prefix) }

    /// Deletes all objects whose keys begin with `prefix`.
    package func deleteAll(below prefix: String) async throws {
        var last: [ObjectFacts] = []
        var weight = 0
        // Page by page from the beginning, because a page's token may stand for an object that is gone.
        while true {
            let page = try await self.page(below: prefix, after: nil)
            weight += page.weight
            guard page.objects.isEmpty || page.objects != last, weight <= ObjectListing.limit else {
                throw ObjectStoreError(
                    .refused,
                    "\(self.name) still lists objects below '\(prefix)' after they were deleted. "
                        + "Check that they are not locked.")
            }
            last = page.objects
            for object in page.objects { try await self.delete(object.key) }
            if page.next == nil || page.objects.isEmpty { return }
        }
    }
}
